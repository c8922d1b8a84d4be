"""Where a desk lies on this computer."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """A desk's folders and database as they may be shown: `shown_database` is without a password. The sources say who
    decided. `database_file` is None where the database is a server."""

    data_dir: Path
    shown_database: str
    database_file: Path | None = None
    data_source: str = ""
    database_source: str = ""

    @property
    def logs(self) -> Path:
        """The folder of the logs."""
        return self.data_dir / "logs"

    @property
    def backups(self) -> Path:
        """The folder of the daily backups."""
        return self.data_dir / "backups"
