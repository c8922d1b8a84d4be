"""Use cases around messages: intake, replies, content."""
