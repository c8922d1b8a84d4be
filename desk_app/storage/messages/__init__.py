"""Messages, their bytes."""
