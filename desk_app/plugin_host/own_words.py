"""A plugin's texts in other languages, from `i18n/<language>.json` of its folder."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from string import Formatter

from desk_app.plugin_host.manifest import ManifestProblem

FOLDER = "i18n"
_MOST_BYTES = 1_000_000


class OwnWords:
    """Translates a plugin's texts; any thread. A language is read once."""

    def __init__(self, folder: Path, language: Callable[[], str], complain: Callable[..., None]) -> None:
        self._folder = folder / FOLDER
        self._language = language
        self._complain = complain
        self._read: dict[str, Mapping[str, str]] = {}
        self._lock = threading.Lock()

    def tr(self, text: str) -> str:
        """Return a text in the agent's language, as it is where there is none."""
        language = self._language().replace("-", "_")
        for code in dict.fromkeys((language, language.partition("_")[0])):
            if found := self._words(code).get(text):
                return found
        return text

    def _words(self, code: str) -> Mapping[str, str]:
        with self._lock:
            if code not in self._read:
                self._read[code] = self._load(code)
            return self._read[code]

    def _load(self, code: str) -> Mapping[str, str]:
        if not code.replace("_", "").isalnum() or code == "en":
            return {}
        file = self._folder / f"{code}.json"
        try:
            with file.open(encoding="utf-8") as opened:
                found = json.loads(opened.read(_MOST_BYTES))  # what is longer ends in the middle and is no JSON
        except FileNotFoundError:
            return {}
        except (OSError, ValueError, RecursionError) as error:
            self._complain("i18n/%s.json cannot be read: %s", code, error)
            return {}
        if not isinstance(found, dict):
            self._complain("i18n/%s.json must map English texts to others", code)
            return {}
        words = {key: value for key, value in found.items() if isinstance(value, str) and value}
        broken = [key for key, value in words.items() if not keeps_placeholders(key, value)]
        for key in broken:
            del words[key]
        if broken:
            self._complain("i18n/%s.json: other placeholders than in English, so not used: %s", code, ", ".join(broken))
        return words


def keeps_placeholders(text: str, translation: str) -> bool:
    """Return whether a translation has the same words in braces as the text, so that it can be filled in alike."""
    try:
        wanted = _placeholders(text)
    except ValueError:
        return True  # nobody fills that in
    try:
        return _placeholders(translation) == wanted
    except ValueError:
        return False


def words_problems(folder: Path) -> list[ManifestProblem]:
    """Return what is wrong with the translations in a plugin's folder: warnings, as the English text is shown then."""
    found: list[ManifestProblem] = []
    for file in sorted((folder / FOLDER).glob("*.json")):
        try:
            words = json.loads(file.read_text(encoding="utf-8")) if file.stat().st_size <= _MOST_BYTES else None
        except (OSError, ValueError, RecursionError):
            words = None
        if not isinstance(words, dict):
            text = f"it must be one JSON object of texts, in UTF-8, at most {_MOST_BYTES // 1_000_000} MB"
            found.append(ManifestProblem(text, file, error=False))
            continue
        for key, value in words.items():
            if not isinstance(value, str) or not keeps_placeholders(key, value):
                text = f"the translation of “{key[:60]}” must be a text with the same placeholders; English is shown"
                found.append(ManifestProblem(text, file, error=False))
    return found


def _placeholders(text: str) -> frozenset[str]:
    return frozenset(name for _text, name, _spec, _conversion in Formatter().parse(text) if name is not None)
