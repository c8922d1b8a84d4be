"""Use cases around contacts."""
