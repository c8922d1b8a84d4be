"""Notifications: what agents are told, and how they want it."""
