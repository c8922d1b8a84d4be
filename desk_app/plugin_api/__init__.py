"""The only package plugin authors import. The built-in e-mail channel uses the same types."""

API_VERSION = "1.0"
