"""Text of format=flowed, put together again (RFC 3676)."""

from __future__ import annotations


def unflow(text: str, *, del_sp: bool) -> str:
    """Join flowed lines into paragraphs; quote marks, space stuffing and the signature mark keep their meaning.

    `del_sp` removes the blank that marks a soft break, for scripts without blanks between words (RFC 3676 4.1).
    """
    out: list[str] = []
    pending: list[str] = []  # the lines of the paragraph being joined
    pending_depth = 0
    for line in text.split("\n"):
        body = line.lstrip(">")
        depth = len(line) - len(body)
        if body[:1] == " ":
            body = body[1:]  # RFC 3676 4.4: space stuffing
        if pending and depth != pending_depth:
            out.append(_quoted("".join(pending), pending_depth))  # RFC 3676 4.5: depth ends a paragraph
            pending = []
        if body == "-- ":
            if pending:
                out.append(_quoted("".join(pending), pending_depth))
                pending = []
            out.append(_quoted(body, depth))
        elif body.endswith(" "):
            pending.append(body[:-1] if del_sp else body)
            pending_depth = depth
        else:
            pending.append(body)
            out.append(_quoted("".join(pending), depth))
            pending = []
    if pending:
        out.append(_quoted("".join(pending).rstrip(" "), pending_depth))
    return "\n".join(out)


def _quoted(text: str, depth: int) -> str:
    return f"{'>' * depth} {text}" if depth and text else ">" * depth + text
