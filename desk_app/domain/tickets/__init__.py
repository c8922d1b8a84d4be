"""Tickets: state, history, lists."""
