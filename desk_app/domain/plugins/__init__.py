"""What a plugin is, to the desk."""
