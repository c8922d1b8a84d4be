"""The `desk-app` command."""
