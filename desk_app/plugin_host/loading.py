"""Imports plugins under names of their own and lets them go again (plugins.md, "Discovery and installation", 4).

A plugin's folder is its package `desk_plugins.<slug>`; nothing is put on `sys.path`. What a plugin brings along in
`vendor/` is found for its own imports, after everything else. Plugins that came with pip keep their package's name.
"""

from __future__ import annotations

import importlib
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from importlib.abc import MetaPathFinder
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    ModuleSpec,
    PathFinder,
    SourceFileLoader,
)
from importlib.util import module_from_spec
from pathlib import Path
from types import FrameType, ModuleType

from desk_app.plugin_host.manifest import Manifest

PACKAGE = "desk_plugins"
VENDOR = "vendor"


@dataclass(slots=True)
class Loaded:
    """An imported plugin. `part` is what its manifest names as `entry`."""

    manifest: Manifest
    folder: Path
    package: str
    part: object
    _window: object | None = field(default=None)

    def window_part(self) -> object:
        """Import the half for the window, once; GUI thread only. Raises whatever the plugin raises."""
        if self._window is None:
            self._window = _named(self.package, self.manifest.ui_entry, self.manifest, own=_is_own(self.package))
        return self._window


class _Unkept(SourceFileLoader):
    """Loads source without looking at compiled files: someone who tries things out saves twice in a second."""

    def path_stats(self, path: str) -> dict[str, float]:
        """Know of no compiled file."""
        raise OSError(path)


@dataclass(frozen=True, slots=True)
class _Home:
    folder: Path
    fresh: bool


class _PluginFinder(MetaPathFinder):
    """Finds what is in the folders of loaded plugins, and what they brought along for themselves."""

    def __init__(self) -> None:
        self.homes: dict[str, _Home] = {}

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Return where a module is; see importlib."""
        if not self.homes:
            return None
        top, _, rest = fullname.partition(".")
        if top == PACKAGE:
            return self._own(fullname, rest, path)
        if path is None:
            home = self._asking()
            if home is not None and (home.folder / VENDOR).is_dir():
                return PathFinder.find_spec(fullname, [str(home.folder / VENDOR)], target)
        return None

    def _own(self, fullname: str, rest: str, path: Sequence[str] | None) -> ModuleSpec | None:
        slug, _, inner = rest.partition(".")
        home = self.homes.get(slug)
        if home is None:
            return None
        if not inner:
            return _package_spec(fullname, home)
        for folder in path or ():
            finder = FileFinder(
                folder,
                (ExtensionFileLoader, list(EXTENSION_SUFFIXES)),
                (_Unkept if home.fresh else SourceFileLoader, list(SOURCE_SUFFIXES)),
            )
            if (spec := finder.find_spec(fullname)) is not None:
                return spec
        return None

    def _asking(self) -> _Home | None:
        """The plugin whose code has the import statement, None where it is anybody else's."""
        frame: FrameType | None = sys._getframe(2)  # noqa: SLF001 -- the only way to know who imports
        while frame is not None and "importlib" in frame.f_code.co_filename:
            frame = frame.f_back
        if frame is None:
            return None
        file = frame.f_code.co_filename
        return next((home for home in self.homes.values() if _inside(file, home.folder)), None)


_finder = _PluginFinder()
_under_way: set[str] = set()
_lock = threading.RLock()


def load(manifest: Manifest, folder: Path, *, package: str = "", fresh: bool = False) -> Loaded:
    """Import a plugin and return what its manifest names as `entry`; `package` is the name of one that came with pip,
    `fresh` looks at no compiled files.

    Raises whatever the plugin raises, SystemExit too. What it had imported until then is forgotten.
    """
    name = package or f"{PACKAGE}.{manifest.slug}"
    with _lock:
        if name in _under_way:
            raise ImportError("an earlier attempt to load it has not come back; start the program again")
        _under_way.add(name)
        if not package:
            _root()
            _finder.homes[manifest.slug] = _Home(folder, fresh)
            importlib.invalidate_caches()
    try:
        importlib.import_module(name)
        part = _named(name, manifest.entry, manifest, own=not package)
    except BaseException:
        _purge(name, folder, manifest.slug)
        raise
    finally:
        _under_way.discard(name)
    return Loaded(manifest, folder, name, part)


def unload(loaded: Loaded) -> None:
    """Forget every module of a plugin; what still refers to them goes on with what it has."""
    loaded.part = loaded._window = None  # noqa: SLF001 -- our own record
    _purge(loaded.package, loaded.folder, loaded.manifest.slug)


def loaded_modules(slug: str) -> list[str]:
    """Return the names of the modules of a plugin that are loaded."""
    prefix = f"{PACKAGE}.{slug}"
    return sorted(name for name in list(sys.modules) if name == prefix or name.startswith(f"{prefix}."))


def _root() -> ModuleType:
    """The package all plugins are in; there is no such folder."""
    root = sys.modules.get(PACKAGE)
    if root is None:
        spec = ModuleSpec(PACKAGE, None, is_package=True)
        root = module_from_spec(spec)
        sys.modules[PACKAGE] = root
    if _finder not in sys.meta_path:
        sys.meta_path.append(_finder)
    return root


def _package_spec(fullname: str, home: _Home) -> ModuleSpec:
    init = home.folder / "__init__.py"
    if not init.is_file():
        spec = ModuleSpec(fullname, None, is_package=True)
    else:
        loader = (_Unkept if home.fresh else SourceFileLoader)(fullname, str(init))
        spec = ModuleSpec(fullname, loader, origin=str(init), is_package=True)
        spec.has_location = True
    spec.submodule_search_locations = [str(home.folder)]
    return spec


def _named(package: str, entry: str, manifest: Manifest, *, own: bool) -> object:
    """Return the module or object an entry names: a module of the plugin's folder, or of the world for pip's."""
    where, _, attribute = entry.partition(":")
    inside = own or not (where == package or where.startswith(f"{package}."))
    module = importlib.import_module(f"{package}.{where}" if inside else where)
    if not attribute:
        return module
    try:
        return getattr(module, attribute)
    except AttributeError:
        raise ImportError(f"“{entry}” of {manifest.id}: there is no “{attribute}” in {where}.py") from None


def _is_own(package: str) -> bool:
    return package.startswith(f"{PACKAGE}.")


def _purge(package: str, folder: Path, slug: str) -> None:
    inside, brought = f"{package}.", (f"{folder / VENDOR}/", f"{folder / VENDOR}\\")
    with _lock:
        for name, module in list(sys.modules.items()):  # thousands
            if name == package or name.startswith(inside) or _file_of(module).startswith(brought):
                sys.modules.pop(name, None)
        if _is_own(package):
            _finder.homes.pop(slug, None)
            root = sys.modules.get(PACKAGE)
            if root is not None:
                vars(root).pop(slug, None)
        for place in list(sys.path_importer_cache):
            if _inside(place, folder) or place == str(folder):
                sys.path_importer_cache.pop(place, None)


def _file_of(module: object) -> str:
    return getattr(module, "__file__", None) or ""


def _inside(file: str, folder: Path) -> bool:
    prefix = str(folder)
    return file.startswith(prefix) and file[len(prefix) : len(prefix) + 1] in {"/", "\\"}
