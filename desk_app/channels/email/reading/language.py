"""A cheap guess at a message's language: its script, or the small words of its first lines."""

from __future__ import annotations

import re

_SAMPLE = 1_000  # characters looked at
_WORD = re.compile(r"[^\W\d_]+")
_STOPWORDS = {
    "en": "the and you for that with this have are not please your from "
    "was can will our would when but thank thanks hi hello",
    "id": "yang dan di tidak ini itu dengan untuk saya kami anda dari ada "
    "akan sudah bisa belum tolong terima kasih pada ke juga",
    "es": "el los las que y por con para una está estoy mi su pero como "
    "gracias hola del al se es muy tengo usted favor",
    "de": "der die das und ich nicht ist mit für sie wir ein eine auf haben bitte danke hallo von zu den dem",
    "fr": "le les des et je vous nous pas est pour dans une sur avec bonjour merci mon votre ce qui du",
    "pt": "o os as que e não para com uma por em meu você obrigado olá está do da foi mas são",
    "it": "il gli che e non per con una sono ho mi grazie ciao della del di le questo come buongiorno",
    "nl": "het een en ik niet is van voor met dat op te zijn wij u bedankt hallo maar heb aan",
}  # fmt: skip
_SCRIPTS = (
    ("ja", "\u3041", "\u30ff"), ("ko", "\uac00", "\ud7a3"), ("th", "\u0e00", "\u0e7f"), ("ar", "\u0600", "\u06ff"),
    ("he", "\u0590", "\u05ff"), ("el", "\u0370", "\u03ff"), ("hi", "\u0900", "\u097f"), ("ru", "\u0400", "\u04ff"),
    ("zh", "\u4e00", "\u9fff"),
)  # fmt: skip
_LETTER = re.compile(r"[^\W\d_]")
_SCRIPT_LETTERS = tuple((code, re.compile(f"[{first}-{last}]")) for code, first, last in _SCRIPTS)
_LANGUAGES_OF: dict[str, list[str]] = {}
for _code, _stop in _STOPWORDS.items():
    for _word in _stop.split():
        _LANGUAGES_OF.setdefault(_word, []).append(_code)
_LINK = re.compile(r"<?[a-z]{3,10}://[^\s>]*>?")
_CODE = re.compile(r"[A-Za-z]{2,3}")


def guess_language(text: str, declared: str = "") -> str:
    """Return a two-letter code or "". `declared` is the Content-Language field and wins where it names one language."""
    if declared and "," not in declared and (found := _CODE.match(declared.strip())):
        return found.group().lower()
    sample = _LINK.sub(" ", text[: 4 * _SAMPLE])[:_SAMPLE] if "://" in text[:_SAMPLE] else text[:_SAMPLE]
    if not sample:
        return ""
    if not sample.isascii():
        letters = len(_LETTER.findall(sample)) or 1
        for code, script in _SCRIPT_LETTERS:
            if len(script.findall(sample)) > letters * (0.05 if code == "ja" else 0.3):
                return code
    words = _WORD.findall(sample.lower())
    counts: dict[str, int] = {}
    for word in words:
        for code in _LANGUAGES_OF.get(word, ()):
            counts[code] = counts.get(code, 0) + 1
    if not counts:
        return ""
    ranked = sorted(counts.items(), key=lambda item: -item[1])
    code, best = ranked[0]
    second = ranked[1][1] if len(ranked) > 1 else 0
    return code if best >= 2 and best > second and best * 12 >= len(words) else ""
