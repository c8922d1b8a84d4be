"""Composition roots: the window, the headless worker."""
