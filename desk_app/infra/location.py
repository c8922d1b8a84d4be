"""Where a desk's database and data folder are, and who said so (issue 2, section 1)."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import platformdirs

APP = "desk-app"
DATABASE_VARIABLE = "DESK_APP_DATABASE"
DATA_VARIABLE = "DESK_APP_DATA"
DATABASE_FILE = "desk.sqlite"
SETTINGS_FILE = "settings.toml"
KEYCHAINS = ("system", "sealed", "memory")
_SETTINGS_KEYS = {"database", "data", "keychain", "log_level"}
_SCHEMES = ("sqlite", "postgresql")


class LocationError(ValueError):
    """The place of the database or the data folder cannot be used; the message says why and what to do."""


@dataclass(frozen=True, slots=True)
class DeskLocation:
    """A desk's database and data folder.

    `database_url` is an SQLAlchemy URL ("sqlite:///..." or "postgresql://..."), `data_dir` an absolute folder for logs,
    drafts and, by default, the database file. `database_source` and `data_source` name who decided, for `doctor`.
    `keychain` is where mailbox passwords are kept: "system", "sealed" (encrypted files in the data folder), "memory"
    (until the program ends), or "" for whatever suits this computer. `log_level` is a name of the logging module.
    """

    database_url: str
    data_dir: Path
    database_source: str = ""
    data_source: str = ""
    keychain: str = ""
    log_level: str = "INFO"

    @property
    def database_file(self) -> Path | None:
        """The SQLite file; None where the database is a server."""
        prefix = "sqlite:///"
        return Path(self.database_url.removeprefix(prefix)) if self.database_url.startswith(prefix) else None

    @property
    def shown_database(self) -> str:
        """The database as people may see it: without the password of a URL."""
        scheme, mark, rest = self.database_url.partition("://")
        user, at, host = rest.rpartition("@")
        return f"{scheme}{mark}{user.partition(':')[0]}{at}{host}" if at else self.database_url


def settings_path() -> Path:
    """Return where the settings file of this computer's user is looked for."""
    return platformdirs.user_config_path(APP, appauthor=False) / SETTINGS_FILE


def default_data_dir() -> Path:
    """Return the platform's folder for this application's data."""
    return platformdirs.user_data_path(APP, appauthor=False)


def resolve(
    database: str | None = None,
    data: str | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    settings_file: Path | None = None,
) -> DeskLocation:
    """Decide where the desk is.

    The first that is given wins: `database` (--database), DESK_APP_DATABASE, `data` (--data), DESK_APP_DATA, the
    settings file, the platform's default. A data folder named on the command line therefore brings its own database
    file, even where the settings file names another database. Creates nothing; see `prepare`.

    Raises LocationError for an unknown kind of database or a settings file that cannot be read.
    """
    env = os.environ if environ is None else environ
    file = settings_file or settings_path()
    settings = _read_settings(file)
    folder, folder_source = _first(
        (data, "--data"),
        (env.get(DATA_VARIABLE), DATA_VARIABLE),
        (settings.get("data"), str(file)),
        (str(default_data_dir()), "default"),
    )
    data_dir = Path(folder).expanduser().absolute()
    own_file = str(data_dir / DATABASE_FILE)
    named, source = _first(
        (database, "--database"),
        (env.get(DATABASE_VARIABLE), DATABASE_VARIABLE),
        (own_file if folder_source in {"--data", DATA_VARIABLE} else None, folder_source),
        (settings.get("database"), str(file)),
        (own_file, folder_source),
    )
    return DeskLocation(
        database_url=_database_url(named, source),
        data_dir=data_dir,
        database_source=source,
        data_source=folder_source,
        keychain=settings.get("keychain", ""),
        log_level=settings.get("log_level", "INFO"),
    )


def prepare(location: DeskLocation) -> None:
    """Create the data folder, readable by its owner only.

    Raises LocationError where it cannot be made or written to.
    """
    folder = location.data_dir
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise LocationError(
            f"The data folder {folder} cannot be made ({error.strerror}). Name another with --data FOLDER."
        ) from error
    if not os.access(folder, os.W_OK | os.X_OK):
        raise LocationError(f"The data folder {folder} is not writable. Name another with --data FOLDER.")


def write_database(file: Path, url: str | None) -> None:
    """Write into the settings file which database is used, None for the file in the data folder; other settings stay.
    Raises LocationError for a file that cannot be read, OSError where it cannot be written."""
    settings = {key: value for key, value in _read_settings(file).items() if key != "database"}
    if url is not None:
        settings["database"] = url
    lines = [f"{key} = {json.dumps(value, ensure_ascii=False)}" for key, value in sorted(settings.items())]
    file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    unfinished = file.with_name(file.name + ".part")
    unfinished.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    unfinished.replace(file)


def _first(*candidates: tuple[str | None, str]) -> tuple[str, str]:
    return next((value, source) for value, source in candidates if value)


def _database_url(named: str, source: str) -> str:
    scheme, mark, rest = named.partition("://")
    if not mark:
        if named == ":memory:":
            raise LocationError(f"{source}: a desk needs a database that lasts; name a file or a PostgreSQL URL.")
        return f"sqlite:///{Path(named).expanduser().absolute()}"
    kind = scheme.partition("+")[0].lower()
    if kind == "postgres":  # what many hosts print
        return f"postgresql://{rest}"
    if kind not in _SCHEMES:
        raise LocationError(
            f"{source}: {scheme!r} is not a database Desk App knows. "
            "Use the path of an SQLite file, sqlite:///PATH or postgresql://USER@HOST/NAME."
        )
    return named


def _read_settings(file: Path) -> dict[str, str]:
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError) as error:
        raise LocationError(f"The settings file {file} cannot be read: {error}") from error
    import tomllib  # noqa: PLC0415 -- most computers have no such file

    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise LocationError(f"The settings file {file} cannot be read: {error}") from error
    unknown = sorted(set(content) - _SETTINGS_KEYS)
    if unknown:
        known = ", ".join(sorted(_SETTINGS_KEYS))
        raise LocationError(f"The settings file {file} has unknown keys: {', '.join(unknown)}. Known are: {known}.")
    wrong = sorted(key for key, value in content.items() if not isinstance(value, str))
    if wrong:
        raise LocationError(f"The settings file {file}: {', '.join(wrong)} must be text in quotes.")
    keychain = content.get("keychain", "")
    if keychain and keychain not in KEYCHAINS:
        raise LocationError(f"The settings file {file}: keychain must be one of {', '.join(KEYCHAINS)}.")
    return content
