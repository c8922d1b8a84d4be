"""Agents, contacts and whoever else acts on a ticket."""
