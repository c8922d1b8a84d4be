"""Plugins as a person meets them: the page to switch them on and off, their settings, and their parts of the window."""
