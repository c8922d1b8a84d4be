"""Saved lists of tickets."""
