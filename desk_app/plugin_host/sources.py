"""Finds plugins: bundled, installed with pip, in the user's folder, or named by a developer (plugins.md, "Discovery").

Only manifests are read; nothing of a plugin runs.
"""

from __future__ import annotations

import hashlib
import logging
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from importlib import metadata
from pathlib import Path

from desk_app.domain.plugins.model import Source
from desk_app.plugin_host.manifest import FILE, Manifest, ManifestProblem, read_manifest

GROUP = "desk_app.plugins"
"""The entry-point group of plugins that come with pip; each names the package that holds `plugin.toml`."""

_IGNORED = {"__pycache__", ".git", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Found:
    """A plugin's folder. `package` is its own name where it came with pip, else ""."""

    slug: str
    source: Source
    folder: Path
    manifest: Manifest | None
    problems: tuple[ManifestProblem, ...] = ()
    package: str = ""


@dataclass(frozen=True, slots=True)
class Findings:
    """Everything that was found: `by_slug` the plugins that count, every version of them in the user's folder by
    version text in `versions`, and those that came second in `conflicts`."""

    by_slug: Mapping[str, Found] = field(default_factory=dict)
    versions: Mapping[str, Mapping[str, Found]] = field(default_factory=dict)
    conflicts: Sequence[Found] = ()


@dataclass(frozen=True, slots=True)
class Places:
    """Where plugins are looked for. `dev` folders win over everything else with the same id."""

    user: Path
    bundled: Path | None = None
    dev: tuple[Path, ...] = ()
    pip: bool = True


def slug_of(plugin_id: str) -> str:
    """Return an id as a Python name, as `Manifest.slug` does."""
    return re.sub(r"\W", "_", plugin_id)


def find(places: Places, current: Mapping[str, str]) -> Findings:
    """Look everywhere. `current` says which version of a plugin in the user's folder is in use; without one it is the
    newest."""
    by_slug: dict[str, Found] = {}
    conflicts: list[Found] = []
    dev = {one.slug: one for folder in places.dev for one in _in_folder(folder, Source.DEV)}
    by_slug.update(dev)
    versions: dict[str, dict[str, Found]] = {}
    homes: dict[str, Path] = {}
    for one in _user_folders(places.user):
        if homes.setdefault(one.slug, one.folder.parent) != one.folder.parent:
            conflicts.append(one)  # no version of the first, whatever its manifest says
        else:
            versions.setdefault(one.slug, {})[str(one.manifest.version) if one.manifest else ""] = one
    chosen = [_choose(found, current.get(slug, "")) for slug, found in versions.items()]
    others = (_bundled(places.bundled), _pip() if places.pip else (), chosen)
    for one in (one for source in others for one in source):
        if one.slug in dev:
            continue
        if one.slug in by_slug:
            conflicts.append(one)
        else:
            by_slug[one.slug] = one
    return Findings(by_slug, versions, tuple(conflicts))


def newer(findings: Findings, found: Found) -> Found | None:
    """Return the newest version in the user's folder, where it is newer than the one in use."""
    if found.source is not Source.USER or found.manifest is None:
        return None
    best = _newest(findings.versions.get(found.slug, {}).values())
    if best is None or best.manifest is None or best.manifest.version <= found.manifest.version:
        return None
    return best


def digest(folder: Path) -> str:
    """Return the SHA-256 over names and contents of every file in a plugin's folder; what Python leaves there does not
    count. Raises OSError."""
    whole = hashlib.sha256()
    for path in sorted(_files(folder), key=lambda one: one.relative_to(folder).as_posix()):
        whole.update(path.relative_to(folder).as_posix().encode())
        whole.update(b"\0")
        whole.update(hashlib.sha256(path.read_bytes()).digest())
    return whole.hexdigest()


def _files(folder: Path) -> Iterator[Path]:
    for path in folder.iterdir():
        if path.name in _IGNORED:
            continue
        if path.is_dir():
            yield from _files(path)
        elif path.is_file():
            yield path


def _in_folder(folder: Path, source: Source, package: str = "") -> Iterator[Found]:
    manifest, problems = read_manifest(folder)
    slug = manifest.slug if manifest is not None else slug_of(folder.name)
    yield Found(slug, source, folder, manifest, tuple(problems), package)


def _folders(parent: Path | None) -> list[Path]:
    if parent is None:
        return []
    try:
        return sorted(one for one in parent.iterdir() if one.is_dir() and one.name[0] not in "._")
    except OSError:
        return []


def _bundled(parent: Path | None) -> Iterator[Found]:
    for folder in _folders(parent):
        if (folder / FILE).is_file():
            yield from _in_folder(folder, Source.BUNDLED)


def _user_folders(parent: Path) -> Iterator[Found]:
    for home in _folders(parent):
        for folder in _folders(home):
            for one in _in_folder(folder, Source.USER):
                if one.manifest is None:
                    yield Found(slug_of(home.name), one.source, one.folder, None, one.problems)
                else:
                    yield one


def _pip() -> Iterator[Found]:
    """Plugins that pip installed: the file lies in the package the entry point names, found without an import."""
    seen: set[str] = set()
    for point in metadata.entry_points(group=GROUP):
        package = point.value.partition(":")[0].strip()
        if package in seen:
            continue
        seen.add(package)
        try:
            folder = _package_folder(point, package)
        except Exception as error:  # noqa: BLE001 -- metadata of others may be broken in any way
            _log.warning("the plugin of the entry point %s cannot be looked at: %s", point.name, type(error).__name__)
            continue
        if folder is not None:
            yield from _in_folder(folder, Source.PIP, package)


def _package_folder(point: metadata.EntryPoint, package: str) -> Path | None:
    inner = Path(*package.split("."))
    if point.dist is None:
        return None
    for one in point.dist.files or ():
        if Path(str(one)) == inner / FILE:
            return Path(str(point.dist.locate_file(one))).parent
    root = Path(str(point.dist.locate_file("")))
    return root / inner if (root / inner / FILE).is_file() else None


def _choose(found: Mapping[str, Found], current: str) -> Found:
    if current and current in found:
        return found[current]
    return _newest(found.values()) or next(iter(found.values()))


def _newest(found: Iterable[Found]) -> Found | None:
    readable = [one for one in found if one.manifest is not None]
    return max(readable, key=lambda one: one.manifest.version, default=None)  # type: ignore[union-attr]
