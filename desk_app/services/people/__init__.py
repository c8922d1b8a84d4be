"""Use cases around agents and departments."""
