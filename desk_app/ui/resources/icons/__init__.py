"""Lucide icons (ISC licence, see LICENSE.txt): only the ones the program uses."""
