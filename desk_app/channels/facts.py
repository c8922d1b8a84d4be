"""What a window asks of the mail code at its start, apart from that code: it is loaded with the first mail."""

from desk_app.plugin_api.channels import Capabilities

READER_VERSION = 1
"""Raised whenever the reading of the same mail gets better, so that `desk-app reparse` finds what to read again."""

PIPELINE_VERSION = 1
"""Raised whenever the result for the same mail changes, so that stored results are made anew."""

EMAIL_CAPABILITIES = Capabilities(fetch=True, send=True, idle=True, html=True)
"""What the built-in e-mail channel can do."""
