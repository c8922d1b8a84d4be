"""Finds, loads and guards plugins."""
