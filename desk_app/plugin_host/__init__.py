"""Finds, loads and guards plugins. Knows ports of the services only: no storage, no network of its own, no Qt."""
