"""Who is told of what, how, and when."""
