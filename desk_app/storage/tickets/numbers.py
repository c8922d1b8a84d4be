"""Ticket numbers as they are shown."""

from __future__ import annotations

import re


def format_number(number_format: str, number: int) -> str:
    """Put a number into a format like "T-####"; the run of # is its place and its least number of digits."""
    match = re.search(r"#+", number_format)
    if match is None:
        return f"{number_format}{number}"
    return f"{number_format[: match.start()]}{number:0{len(match[0])}d}{number_format[match.end() :]}"
