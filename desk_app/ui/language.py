"""Shown text. Every string a person reads passes through `tr`; the source language is English (decision 064)."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QLibraryInfo, QLocale, QObject, QTranslator

from desk_app.ui import resources_path

SYSTEM = "system"
LANGUAGES: Mapping[str, str] = {"en": "English", "id": "Bahasa Indonesia", "es": "Español"}
"""Codes and own names of the languages the window speaks."""
_PLURAL = re.compile(r"\((e?s)\)")
_SENTENCE_END = re.compile(r"(?<=\.)\s+(?=[A-Z])")
_GAP = re.compile(r"\{\w*\}")


@dataclass(frozen=True, slots=True)
class Catalogue:
    """The strings of one language, as read from `resources/translations/<code>.json`.

    `messages` maps an English string to its translation; one with a number in it to the forms "one" and "other", or
    to one string where the language has no plural. `sentences` are what services say, `{}` standing for what varies.
    `qt` holds the words of Qt's own buttons and menus.
    """

    code: str
    messages: Mapping[str, str | Mapping[str, str]]
    sentences: Mapping[str, str]
    qt: Mapping[str, str]


ENGLISH = Catalogue("en", {}, {}, {})


def catalogue_path(code: str) -> Path:
    """Return the file with the strings of a language."""
    return resources_path() / "translations" / f"{code}.json"


@cache
def read_catalogue(code: str) -> Catalogue:
    """Return the strings of a language; English, the source language, has none."""
    if code == "en":
        return ENGLISH
    found = json.loads(catalogue_path(code).read_text(encoding="utf-8"))
    return Catalogue(code, found["messages"], found["sentences"], found["qt"])


class _QtWords(QTranslator):
    """Qt's own strings: Qt brings no Indonesian, and not every Qt package brings its translations."""

    def __init__(self, words: Mapping[str, str]) -> None:
        super().__init__()
        self._words = words

    def isEmpty(self) -> bool:
        """Tell Qt that there is something to look up, so that it announces the change."""
        return False

    def translate(self, _context: str, text: str, _disambiguation: str | None = None, _n: int = -1) -> str | None:
        """Return a string in the language, None where the next translator is to be asked."""
        return self._words.get(text)


class _Speech:
    """What is spoken at the moment."""

    def __init__(self) -> None:
        self.catalogue = ENGLISH
        self.patterns: list[tuple[re.Pattern[str], str]] = []
        self.translators: list[QTranslator] = []

    def install(self, app: QCoreApplication) -> None:
        """Give Qt its words; Qt then announces LanguageChange to every window."""
        for old in self.translators:
            app.removeTranslator(old)
        self.translators = []
        own = QTranslator()
        folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
        if self.catalogue.code != "en" and own.load(f"qtbase_{self.catalogue.code}", folder):
            self.translators.append(own)
        self.translators.append(_QtWords(self.catalogue.qt))  # asked first
        for one in self.translators:
            app.installTranslator(one)


_speech = _Speech()


def first_spoken(wanted: Iterable[str]) -> str:
    """Return the code of the first language the window speaks out of names such as "es-MX", else English."""
    codes = (name.replace("_", "-").partition("-")[0] for name in wanted)
    return next((code for code in codes if code in LANGUAGES), "en")


def language() -> str:
    """Return the code of the language spoken at the moment."""
    return _speech.catalogue.code


def language_name(code: str) -> str:
    """Return what the speakers of a language call it, such as "Deutsch" for "de"; an unknown code stays as it is."""
    own = LANGUAGES.get(code) or QLocale(code).nativeLanguageName()
    return own[:1].upper() + own[1:] if own else code


def speak(choice: str) -> bool:
    """Switch to a language, or to the system's with `SYSTEM`; returns whether anything changed.

    Numbers, dates and the first day of the week follow: with the region of the system where the language is spoken
    there. Windows learn of it by Qt's LanguageChange event.
    """
    use_system = choice not in LANGUAGES
    code = first_spoken(QLocale.system().uiLanguages()) if use_system else choice
    return speak_from(read_catalogue(code), exact_system=use_system)


def speak_from(catalogue: Catalogue, *, exact_system: bool = False) -> bool:
    """Switch to a catalogue that was read or made elsewhere; see `speak`."""
    system = QLocale.system()
    mine = QLocale.codeToLanguage(catalogue.code)
    same = exact_system and system.language() == mine
    locale = system if same else QLocale(mine, system.territory())
    changed = catalogue is not _speech.catalogue or locale != QLocale()
    QLocale.setDefault(locale)
    if catalogue is _speech.catalogue:
        return changed
    _speech.catalogue = catalogue
    with_gaps = [(source, target) for source, target in catalogue.sentences.items() if "{" in source]
    with_gaps.sort(key=lambda pair: -len(_GAP.sub("", pair[0])))  # what says more is the better match
    _speech.patterns = [(_matcher(source), target) for source, target in with_gaps]
    app = QCoreApplication.instance()
    if isinstance(app, QObject):
        _speech.install(app)
    return changed


def _matcher(source: str) -> re.Pattern[str]:
    parts = [re.escape(part) for part in _GAP.split(source)]
    return re.compile("(.+?)".join(parts), re.DOTALL)


def grouped(value: int) -> str:
    """Return a whole number as the agent's locale writes it."""
    return QLocale().toString(value)


def tr(text: str, count: int = -1) -> str:
    """Return `text` in the program's language. `%n` in it becomes `count`, in the plural form the language asks for.

    English, the source language, has no catalogue: "mail(s)" becomes "mail" or "mails" here. What has no translation
    is shown in English.
    """
    found = _speech.catalogue.messages.get(text)
    if found is None:
        shown = _PLURAL.sub("" if count == 1 else r"\1", text) if count >= 0 and "(" in text else text
    elif isinstance(found, str):
        shown = found
    else:
        shown = found["one" if count == 1 else "other"]
    return shown.replace("%n", grouped(count)) if count >= 0 else shown


def quoted(text: str) -> str:
    """Return a text between the quotation marks of the program's language."""
    return tr("“{text}”").format(text=text)


def named(name: str) -> str:
    """Return a name that a new desk is filled with, such as a status, in the program's language."""
    return _speech.catalogue.sentences.get(name, name)


def said(sentence: str) -> str:
    """Return a sentence of a service in the program's language.

    Services speak English. What they say in fixed words is translated, with what varies in it put back; the rest
    comes back unchanged.
    """
    whole = _speech.catalogue.sentences.get(sentence)
    if whole is not None:
        return whole
    known = _speech.catalogue.sentences
    for pattern, target in _speech.patterns:
        match = pattern.fullmatch(sentence)
        if match is not None and not any(_SENTENCE_END.search(one) for one in match.groups()[: match.re.groups - 1]):
            last = match.group(match.re.groups)
            if target.endswith(". {}") or not _SENTENCE_END.search(last):
                return target.format(*(said(one) for one in match.groups()))
    several = _SENTENCE_END.split(sentence)
    if len(several) > 1:
        known_at_once = (place for place in range(len(several), 1, -1) if " ".join(several[:place]) in known)
        place = next(known_at_once, 1)
        return " ".join(said(" ".join(one)) for one in (several[:place], several[place:]) if one)
    head, colon, rest = sentence.partition(": ")
    return f"{known[head]}{colon}{rest}" if head in known else sentence
