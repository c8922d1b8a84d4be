"""The window around everything: rail, sidebar, pages, palette."""
