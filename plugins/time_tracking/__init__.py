"""Time tracking: how long people worked on tickets."""
