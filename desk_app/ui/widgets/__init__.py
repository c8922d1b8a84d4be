"""Small parts every screen is made of (ui.md 7.5 to 7.13)."""
