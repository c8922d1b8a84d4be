"""`plugin.toml`, read without running anything of the plugin (plugins.md, "Manifest")."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import StrEnum
from functools import lru_cache
from pathlib import Path
from typing import Any

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from desk_app.domain.plugins.model import Permission
from desk_app.domain.plugins.words import has_unseen
from desk_app.plugin_api.context import Mode
from desk_app.plugin_api.marks import API_VERSION
from desk_app.plugin_host.fitting import misfit

FILE = "plugin.toml"
MOST_BYTES = 262_144
"""How large a manifest may be."""
_MOST_SETTINGS = 100
_MOST_DOTS = 500  # in a line: the time a key takes to be read grows with the square of its parts
_LONGEST = {"name": 60, "description": 500, "license": 100, "homepage": 300, "icon": 60}
_LONGEST_TITLE, _LONGEST_HELP = 120, 1_000
_LONGEST_VALUE, _LARGEST = 20_000, 1e15
_SLUG = re.compile(r"[a-z][a-z0-9]*(?:[._-][a-z0-9]+)*\Z")
_ENTRY = re.compile(r"[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*(?::[A-Za-z_]\w*)?\Z")
_TRANSLATED = ("name", "description")
_REQUIRED = ("id", "name", "version", "api", "entry")
_TEXTS = (
    "id",
    "name",
    "version",
    "api",
    "entry",
    "ui_entry",
    "description",
    "license",
    "homepage",
    "min_python",
    "icon",
)
KNOWN = {
    *_TEXTS,
    "authors",
    "requires",
    "permissions",
    "modes",
    "provides",
    "settings",
    "data_version",
    "restart_required",
}
SETTING_KEYS = frozenset({"type", "title", "help", "default", "required", "choices", "min", "max", "depends_on"})


class SettingKind(StrEnum):
    """What a setting holds, and so how its field on the generated page looks and is checked."""

    TEXT = "text"
    NUMBER = "number"
    BOOL = "bool"
    CHOICE = "choice"
    MULTI = "multi"
    SECRET = "secret"  # noqa: S105 -- a kind's name
    ADDRESS = "address"
    URL = "url"
    DURATION = "duration"
    COLOUR = "colour"
    FILE = "file"
    ACCOUNT = "account"
    AGENT = "agent"
    GROUP = "group"
    TEMPLATE = "template"


@dataclass(frozen=True, slots=True)
class SettingSpec:
    """A setting the manifest declares. Secrets go to the keychain, everything else to the desk.

    Durations are seconds. `choices` maps stored values to shown ones. `depends_on` names a bool setting that must be
    on. `titles`, `helps` and `choice_words` hold other languages by code.
    """

    key: str
    kind: SettingKind
    title: str
    help: str = ""
    default: Any = None
    required: bool = False
    choices: Mapping[str, str] = field(default_factory=dict)
    minimum: float | None = None
    maximum: float | None = None
    depends_on: str = ""
    titles: Mapping[str, str] = field(default_factory=dict)
    helps: Mapping[str, str] = field(default_factory=dict)
    choice_words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def shown_choices(self, language: str) -> Mapping[str, str]:
        """Return the choices in a language, those without a translation in English."""
        return {**self.choices, **self.choice_words.get(language, {})}


@dataclass(frozen=True, slots=True)
class ManifestProblem:
    """Something about a manifest; an error keeps the plugin from being loaded. `line` is 0 where none is to blame."""

    text: str
    file: Path
    line: int = 0
    error: bool = True

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else str(self.file)
        return f"{place}: {'' if self.error else 'warning: '}{self.text}"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a plugin says of itself.

    `names` and `descriptions` hold other languages by code; `requires` maps ids of other plugins to ranges; `provides`
    names what would be missing without it, by kind (channels, field_types, ...).
    """

    id: str
    name: str
    version: Version
    api: SpecifierSet
    entry: str
    ui_entry: str = ""
    description: str = ""
    authors: tuple[str, ...] = ()
    license: str = ""
    homepage: str = ""
    icon: str = ""
    min_python: str = ""
    requires: Mapping[str, SpecifierSet] = field(default_factory=dict)
    permissions: frozenset[Permission] = frozenset()
    modes: frozenset[Mode] = frozenset(Mode)
    provides: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    settings: tuple[SettingSpec, ...] = ()
    data_version: int = 0
    restart_required: bool = False
    names: Mapping[str, str] = field(default_factory=dict)
    descriptions: Mapping[str, str] = field(default_factory=dict)

    @property
    def slug(self) -> str:
        """The id as a Python name: of the package and of the tables."""
        return re.sub(r"\W", "_", self.id)

    def _is_older(self, interface: str) -> bool:
        """Whether all versions of the interface it fits are older than one."""
        return not any(
            one.operator in {">=", ">", "==", "~="} and Version(one.version.removesuffix(".*")) > Version(interface)
            for one in self.api
        )

    def shown_name(self, language: str) -> str:
        """Return the name in a language."""
        return self.names.get(language, self.name)

    def shown_description(self, language: str) -> str:
        """Return the description in a language."""
        return self.descriptions.get(language, self.description)

    def incompatible(self, interface: str = API_VERSION) -> str:
        """Return why a program with this version of the plugin interface cannot run it, "" where it can."""
        return misfit(self.api, self.min_python, interface)


def read_manifest(folder: Path) -> tuple[Manifest | None, list[ManifestProblem]]:
    """Return the manifest in a folder, None where it has errors, and everything that is to be said about it."""
    file = folder / FILE
    try:
        if file.stat().st_size > MOST_BYTES:
            return None, [ManifestProblem(f"it is larger than {MOST_BYTES // 1024} kB", file)]
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        return None, [ManifestProblem(f"there is no {FILE} in this folder", folder)]
    except UnicodeDecodeError:
        return None, [ManifestProblem("it cannot be read: save it as UTF-8", file)]
    except OSError as error:
        return None, [ManifestProblem(f"it cannot be read: {error.strerror or error}", file)]
    return parse_manifest(text, file)


def parse_manifest(text: str, file: Path) -> tuple[Manifest | None, list[ManifestProblem]]:
    """Return what the text of a manifest says, as `read_manifest`; `file` is for the messages."""
    made, problems = _parsed(text, file)
    return made, list(problems)


@lru_cache(maxsize=256)
def _parsed(text: str, file: Path) -> tuple[Manifest | None, tuple[ManifestProblem, ...]]:
    """Parse a text once: plugins are looked for whenever one is switched."""
    for number, line in enumerate(text.split("\n"), 1):
        if line.count(".") > _MOST_DOTS:
            return None, (ManifestProblem(f"more than {_MOST_DOTS} dots stand in one line", file, number),)
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        found = re.search(r"line (\d+)", str(error))
        return None, (ManifestProblem(f"this is no valid TOML: {error}", file, int(found[1]) if found else 0),)
    except RecursionError:
        return None, (ManifestProblem("this is no valid TOML: it is nested too deeply", file),)
    made, problems = _Reader(content, text, file).read()
    return made, tuple(problems)


class _Reader:
    """Makes a manifest of parsed TOML and collects everything that is wrong, so that an author sees it at once."""

    def __init__(self, content: Mapping[str, Any], text: str, file: Path) -> None:
        self._content = content
        self._lines = text.splitlines()
        self._file = file
        self._problems: list[ManifestProblem] = []

    def read(self) -> tuple[Manifest | None, list[ManifestProblem]]:
        content = self._content
        for key in _REQUIRED:
            if not content.get(key):
                self._wrong("", f"“{key}” is missing")
        for key in content:
            if key not in KNOWN:
                near = get_close_matches(key, KNOWN, 1)
                hint = f"; did you mean “{near[0]}”?" if near else ""
                self._wrong(key, f"“{key}” is not known{hint}", error=False)
        texts = {key: self._text(key) for key in _TEXTS}
        if texts["id"] and (not _SLUG.match(texts["id"]) or len(texts["id"]) > 64):
            self._wrong("id", "an id has lower-case letters, digits, dots, dashes and underscores, 64 at most")
        for key in ("entry", "ui_entry"):
            if texts[key] and not _ENTRY.match(texts[key]):
                self._wrong(key, f"“{key}” is written “module:object”")
        made = Manifest(
            id=texts["id"],
            name=texts["name"],
            version=self._version(texts["version"]),
            api=self._range("api", texts["api"] or ">=1.0"),
            entry=texts["entry"],
            ui_entry=texts["ui_entry"],
            description=texts["description"],
            authors=self._names("authors"),
            license=texts["license"],
            homepage=texts["homepage"],
            icon=texts["icon"],
            min_python=self._python(texts["min_python"]),
            requires=self._requires(),
            permissions=frozenset(self._members("permissions", Permission)),
            modes=frozenset(self._members("modes", Mode)) or frozenset(Mode),
            provides=self._provides(),
            settings=self._settings(),
            data_version=self._number("data_version"),
            restart_required=bool(content.get("restart_required", False)),
            names=self._translations("name"),
            descriptions=self._translations("description"),
        )
        if any(one.kind is SettingKind.SECRET for one in made.settings) and Permission.SECRETS not in made.permissions:
            self._wrong("permissions", "a setting is a secret, which needs the permission “secrets”", error=False)
        if made.ui_entry and Permission.UI not in made.permissions:
            self._wrong("ui_entry", "“ui_entry” adds to the window, which needs the permission “ui”")
        broken = any(problem.error for problem in self._problems)
        return None if broken else made, self._problems

    # -- values -------------------------------------------------------------------------------------------------------

    def _text(self, key: str) -> str:
        value = self._content.get(key, "")
        if isinstance(value, Mapping) and key in _TRANSLATED:
            value = value.get("en", "")
            if not value:
                self._wrong(key, f"“{key}” needs an English text: “{key}.en”")
        if not isinstance(value, str):
            self._wrong(key, f"“{key}” must be a text in quotes")
            return ""
        return self._line_of(key, key, value.strip(), _LONGEST.get(key, _LONGEST_HELP))

    def _translations(self, key: str) -> dict[str, str]:
        value = self._content.get(key)
        if not isinstance(value, Mapping):
            return {}
        return {str(k): self._line_of(key, f"{key}.{k}", str(v), _LONGEST[key]) for k, v in value.items()}

    def _line_of(self, place: str, what: str, text: str, most: int) -> str:
        """Return a text that is shown to people. Characters nobody sees could make it look like something else."""
        if len(text) > most:
            self._wrong(place, f"“{what}” has {len(text)} characters; {most} are the most")
            return text[:most]
        if has_unseen(text):
            self._wrong(place, f"“{what}” has control characters, or others that nobody sees; take them out")
            return ""
        return text

    def _version(self, text: str) -> Version:
        try:
            return Version(text or "0")
        except InvalidVersion:
            self._wrong("version", f"“{text}” is not a version; write it like 1.4.0")
            return Version("0")

    def _range(self, key: str, text: str) -> SpecifierSet:
        try:
            return SpecifierSet(text)
        except InvalidSpecifier:
            self._wrong(key, f"“{key}”: “{text}” is not a range of versions; write it like >=1.0,<2")
            return SpecifierSet()

    def _python(self, text: str) -> str:
        if text and not re.fullmatch(r"3\.\d{1,2}", text):
            self._wrong("min_python", "“min_python” is written like “3.12”")
            return ""
        return text

    def _number(self, key: str) -> int:
        value = self._content.get(key, 0)
        if not isinstance(value, int) or isinstance(value, bool) or value < 0:
            self._wrong(key, f"“{key}” must be a whole number")
            return 0
        return value

    def _names(self, key: str) -> tuple[str, ...]:
        value = self._content.get(key, [])
        if not isinstance(value, list) or not all(isinstance(one, str) for one in value):
            self._wrong(key, f"“{key}” must be a list of texts")
            return ()
        return tuple(value)

    def _members(self, key: str, kinds: type[StrEnum]) -> list[Any]:
        found = []
        for name in self._names(key):
            try:
                found.append(kinds(name))
            except ValueError:
                self._wrong(key, f"“{name}” is none of {', '.join(kinds)}")
        return found

    def _requires(self) -> dict[str, SpecifierSet]:
        value = self._content.get("requires", {})
        if not isinstance(value, Mapping) or not all(isinstance(one, str) for one in value.values()):
            self._wrong("requires", '“requires” maps ids of plugins to versions: { other = ">=1.0" }')
            return {}
        return {key: self._range("requires", text) for key, text in value.items()}

    def _provides(self) -> dict[str, tuple[str, ...]]:
        value = self._content.get("provides", {})
        if not isinstance(value, Mapping) or not all(
            isinstance(ids, list) and all(isinstance(one, str) for one in ids) for ids in value.values()
        ):
            self._wrong("provides", '“provides” maps kinds to lists of ids: { channels = ["chat"] }')
            return {}
        return {key: tuple(ids) for key, ids in value.items()}

    # -- settings -----------------------------------------------------------------------------------------------------

    def _settings(self) -> tuple[SettingSpec, ...]:
        value = self._content.get("settings", {})
        if not isinstance(value, Mapping):
            self._wrong("settings", "settings are tables: [settings.address]")
            return ()
        if len(value) > _MOST_SETTINGS:
            self._wrong("settings", f"there are {len(value)} settings; {_MOST_SETTINGS} are the most")
            return ()
        found = [one for key, spec in value.items() if (one := self._setting(key, spec)) is not None]
        keys = {one.key: one for one in found}
        for one in found:
            if one.depends_on and (one.depends_on not in keys or keys[one.depends_on].kind is not SettingKind.BOOL):
                self._wrong(
                    f"settings.{one.key}", f"“{one.key}” depends on “{one.depends_on}”, which is no bool setting"
                )
        return tuple(found)

    def _setting(self, key: str, spec: Any) -> SettingSpec | None:
        place = f"settings.{key}"
        if not isinstance(spec, Mapping):
            self._wrong(place, f"the setting “{key}” must be a table")
            return None
        if not re.fullmatch(r"[a-z][a-z0-9_]{0,63}", key):
            self._wrong(place, f"“{key}”: a setting's name has lower-case letters, digits and underscores")
        for unknown in sorted(set(spec) - SETTING_KEYS):
            self._wrong(place, f"the setting “{key}” has an unknown “{unknown}”", error=False)
        try:
            kind = SettingKind(spec.get("type", "text"))
        except ValueError:
            self._wrong(
                place, f"the setting “{key}” has the type “{spec.get('type')}”; known are {', '.join(SettingKind)}"
            )
            return None
        titles = self._words(place, f"{key}.title", spec.get("title", key), _LONGEST_TITLE)
        helps = self._words(place, f"{key}.help", spec.get("help", ""), _LONGEST_HELP)
        choices, choice_words = self._choices(place, key, spec.get("choices", {}), kind)
        limits = {name: spec.get(name) for name in ("min", "max")}
        for name, limit in limits.items():
            if limit is not None and (isinstance(limit, bool) or not isinstance(limit, int | float)):
                self._wrong(place, f"“{name}” of the setting “{key}” must be a number")
                limits[name] = None
        made = SettingSpec(
            key=key,
            kind=kind,
            title=titles.pop("en", key),
            help=helps.pop("en", ""),
            default=spec.get("default", _EMPTY.get(kind)),
            required=bool(spec.get("required", False)),
            choices=choices,
            minimum=limits["min"],
            maximum=limits["max"],
            depends_on=str(spec.get("depends_on", "")),
            titles=titles,
            helps=helps,
            choice_words=choice_words,
        )
        if kind is SettingKind.SECRET and spec.get("default"):
            self._wrong(place, f"the secret “{key}” may have no default")
        elif "default" in spec and (problem := setting_problem(made, made.default)):
            self._wrong(place, f"the default of “{key}”: {problem}")
        return made

    def _words(self, place: str, what: str, value: Any, most: int) -> dict[str, str]:
        found = value if isinstance(value, Mapping) else {"en": value}
        return {str(k): self._line_of(place, f"{what}.{k}", str(v), most) for k, v in found.items()}

    def _choices(
        self, place: str, key: str, value: Any, kind: SettingKind
    ) -> tuple[dict[str, str], dict[str, dict[str, str]]]:
        """Return the choices in English, and those in other languages by code."""
        needed = kind in {SettingKind.CHOICE, SettingKind.MULTI}
        if isinstance(value, list):
            value = {str(one): str(one) for one in value}
        if not isinstance(value, Mapping) or (needed and not value):
            self._wrong(place, f"the setting “{key}” needs “choices”")
            return {}, {}
        english: dict[str, str] = {}
        others: dict[str, dict[str, str]] = {}
        for choice, words in value.items():
            by_language = self._words(place, f"{key}.choices.{choice}", words, _LONGEST_TITLE)
            english[str(choice)] = by_language.pop("en", str(choice))
            for code, text in by_language.items():
                others.setdefault(code, {})[str(choice)] = text
        return english, others

    # -- messages -----------------------------------------------------------------------------------------------------

    def _wrong(self, key: str, text: str, *, error: bool = True) -> None:
        self._problems.append(ManifestProblem(text, self._file, self._line(key), error))

    def _line(self, key: str) -> int:
        """Where a key or a table is written, 0 where it is not."""
        if not key:
            return 0
        begin = re.compile(
            rf"\s*(?:\[{re.escape(key)}\]|{re.escape(key.rpartition('.')[2])}(?:\.\w+)?\s*=|\[{re.escape(key)}\.)"
        )
        return next((number for number, line in enumerate(self._lines, 1) if begin.match(line)), 0)


_EMPTY: Mapping[SettingKind, Any] = {
    SettingKind.BOOL: False,
    SettingKind.NUMBER: 0,
    SettingKind.DURATION: 0,
    SettingKind.MULTI: [],
    SettingKind.ACCOUNT: 0,
    SettingKind.AGENT: 0,
    SettingKind.GROUP: 0,
}
_NUMBERS = {SettingKind.NUMBER, SettingKind.DURATION, SettingKind.ACCOUNT, SettingKind.AGENT, SettingKind.GROUP}


def setting_problem(spec: SettingSpec, value: Any) -> str:
    """Return what is wrong with a value, "" where nothing is. Whether a required one is empty counts, too."""
    if spec.required and value in (None, "", [], 0):
        return "it must not be empty"
    if spec.kind is SettingKind.BOOL:
        return "" if isinstance(value, bool) else "it must be on or off"
    if spec.kind in _NUMBERS:
        return _number_problem(spec, value)
    if spec.kind is SettingKind.MULTI:
        known = isinstance(value, Sequence) and not isinstance(value, str) and all(one in spec.choices for one in value)
        return "" if known else f"it must be some of {', '.join(spec.choices)}"
    if value is None:
        return ""
    if not isinstance(value, str):
        return "it must be a text"
    return _text_problem(spec, value)


def _number_problem(spec: SettingSpec, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float) or not -_LARGEST <= value <= _LARGEST:
        return "it must be a number"
    if spec.minimum is not None and value < spec.minimum:
        return f"it must be at least {spec.minimum:g}"
    if spec.maximum is not None and value > spec.maximum:
        return f"it must be at most {spec.maximum:g}"
    return ""


def _text_problem(spec: SettingSpec, value: str) -> str:
    if len(value) > _LONGEST_VALUE:
        return f"it may have {_LONGEST_VALUE} characters"
    if not value:
        return ""
    if spec.kind is SettingKind.CHOICE and value not in spec.choices:
        return f"it must be one of {', '.join(spec.choices)}"
    if spec.kind is SettingKind.URL and not re.match(r"https?://[^\s/]+", value):
        return "it must be an address that begins with https:// or http://"
    if spec.kind is SettingKind.ADDRESS and not re.fullmatch(r"[^@\s]+@[^@\s]+\.[^@\s]+", value):
        return "it must be an e-mail address"
    if spec.kind is SettingKind.COLOUR and not re.fullmatch(r"#[0-9a-fA-F]{6}", value):
        return "it must be a colour like #4a56d2"
    return ""
