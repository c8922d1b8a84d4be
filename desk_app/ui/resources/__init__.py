"""Files the window is drawn with; found beside this module in a checkout and in an installed package alike."""
