"""Compiled translations."""
