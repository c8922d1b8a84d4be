"""Connections: URLs, folders a file may lie in, SQLite's single writer, PostgreSQL's settings."""
