"""The first steps: wizard pages and the list of what to do next."""
