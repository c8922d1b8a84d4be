"""What agents are told: centre, popups, tray, choices."""
