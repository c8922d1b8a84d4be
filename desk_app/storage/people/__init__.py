"""Agents and departments."""
