"""Faults in logs: where, never what, because the text of an error may hold a customer's words (SE-08)."""

from __future__ import annotations

from pathlib import Path


def where(error: BaseException) -> str:
    """Return the kind of an error and the place in the program it came from, for example "ValueError at
    threads.py:120".
    """
    trace = error.__traceback__
    place = ""
    while trace is not None:
        place = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return f"{type(error).__name__}{place}"
