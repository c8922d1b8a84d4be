"""The steps of the wizard, and what was entered in it: kept while the window is built anew."""

from __future__ import annotations

from dataclasses import dataclass, field

ADDRESS, CONNECTION, OLD_MAIL, DONE, LANGUAGE, DATABASE, TEAM = range(7)


@dataclass(frozen=True, slots=True)
class Entered:
    """What was entered by hand, to be put back into a wizard in another language."""

    account_id: int | None
    address: str
    password: str = field(repr=False)
    shown_name: str
    step: int = ADDRESS
    first_run: bool = False
