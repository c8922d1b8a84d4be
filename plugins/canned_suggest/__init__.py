"""Suggested answers: which canned response solved tickets like this one."""
