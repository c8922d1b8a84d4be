"""Use cases around tickets: commands, merging, history."""
