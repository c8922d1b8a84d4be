"""How the program looks: tokens, palette, style sheet, icons, fonts (ui.md 2 and 7)."""
