"""Use cases: one transaction each, permissions checked, events recorded."""
