"""People outside, beside the conversation."""
