"""Names of attachments: readable, without paths, one of each (mail.md 2, class 9)."""

from __future__ import annotations

import re

MAX_NAME = 255  # characters
_EXTENSIONS = {
    "application/pdf": ".pdf", "application/zip": ".zip", "application/x-zip-compressed": ".zip",
    "application/gzip": ".gz",
    "application/msword": ".doc", "application/vnd.ms-excel": ".xls", "application/vnd.ms-powerpoint": ".ppt",
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": ".docx",
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": ".xlsx",
    "application/vnd.openxmlformats-officedocument.presentationml.presentation": ".pptx",
    "application/vnd.oasis.opendocument.text": ".odt", "application/rtf": ".rtf", "text/rtf": ".rtf",
    "application/json": ".json",
    "application/xml": ".xml", "text/xml": ".xml", "text/plain": ".txt", "text/html": ".html", "text/css": ".css",
    "text/csv": ".csv", "text/markdown": ".md", "text/calendar": ".ics", "application/ics": ".ics",
    "text/vcard": ".vcf",
    "text/x-vcard": ".vcf", "text/directory": ".vcf", "text/x-patch": ".patch", "text/x-diff": ".diff",
    "image/png": ".png", "image/jpeg": ".jpg", "image/jpg": ".jpg", "image/pjpeg": ".jpg", "image/gif": ".gif",
    "image/bmp": ".bmp", "image/tiff": ".tiff", "image/webp": ".webp", "image/svg+xml": ".svg", "image/heic": ".heic",
    "audio/mpeg": ".mp3", "audio/wav": ".wav", "audio/x-wav": ".wav", "audio/ogg": ".ogg", "audio/mp4": ".m4a",
    "audio/basic": ".au",
    "audio/amr": ".amr", "video/mp4": ".mp4", "video/mpeg": ".mpg", "video/quicktime": ".mov", "video/3gpp": ".3gp",
    "message/rfc822": ".eml", "message/global": ".eml", "message/partial": ".eml", "message/external-body": ".txt",
    "message/delivery-status": ".txt", "message/disposition-notification": ".txt", "message/feedback-report": ".txt",
    "text/rfc822-headers": ".txt", "message/rfc822-headers": ".txt", "message/global-delivery-status": ".txt",
    "application/pgp-encrypted": ".txt", "application/pgp-keys": ".asc", "application/postscript": ".ps",
    "application/ms-tnef": ".dat", "application/vnd.ms-tnef": ".dat", "application/vnd.ms-outlook": ".msg",
}  # fmt: skip
_STEMS = {
    "application/pgp-signature": "signature.asc", "application/pkcs7-signature": "smime.p7s",
    "application/x-pkcs7-signature": "smime.p7s", "application/pkcs7-mime": "smime.p7m",
    "application/x-pkcs7-mime": "smime.p7m",
    "application/pgp-encrypted": "pgp-version.txt", "application/ms-tnef": "winmail.dat",
    "application/vnd.ms-tnef": "winmail.dat",
    "message/delivery-status": "delivery-status.txt", "message/global-delivery-status": "delivery-status.txt",
    "message/disposition-notification": "read-receipt.txt", "message/feedback-report": "feedback-report.txt",
    "text/rfc822-headers": "headers.txt", "message/rfc822-headers": "headers.txt", "text/calendar": "invite.ics",
    "message/rfc822": "message.eml",
    "message/global": "message.eml", "application/applefile": "resource-fork.bin",
}  # fmt: skip
_UNSEEN = re.compile("[\x00-\x1f\x7f-\x9f\u200b\u200e\u200f\u202a-\u202e\u2060-\u2069\ufeff\ufffe\uffff]")
_DRIVE = re.compile(r"^[A-Za-z]:(?=[^ ])")
_PATH = re.compile(r"[\w .,:~+\\/()-]*/")
_NUMBERED = re.compile(r"(?<=\d)/(?=\d)")
_SAFE = re.compile(r"[\w.,()+ \-]{1,100}", re.ASCII)


def clean_filename(name: str) -> str:
    """Return a name without path, control and direction characters, at most MAX_NAME long, its extension kept."""
    if _SAFE.fullmatch(name) and name.strip(" .") == name:
        return name
    name = _UNSEEN.sub("", name.replace("\t", " ")).strip(" \"'<>")
    name = _NUMBERED.sub("_", name)  # "Invoice 10/2026.pdf" is no path
    if "/" in name and not _PATH.match(name):
        name = name.replace("/", "_")
    if "/" in name or "\\" in name:
        name = [piece for piece in re.split(r"[/\\]", name) if piece.strip(" .")][-1:][0] if name.strip("/\\. ") else ""
    name = _DRIVE.sub("", name) if len(name) > 3 and "\\" in name else name
    name = name.strip().rstrip(". ")
    if len(name) > MAX_NAME:
        stem, dot, extension = name.rpartition(".")
        if dot and len(extension) <= 16:
            name = stem[: MAX_NAME - len(extension) - 1] + "." + extension
        else:
            name = name[:MAX_NAME]
    return name


def default_filename(content_type: str, subject: str = "") -> str:
    """Name an attachment that came without a name, by its type; an attached mail is called like its subject."""
    if content_type in {"message/rfc822", "message/global"} and subject.strip():
        safe = clean_filename(re.sub(r'[/\\:*?"<>|]+', "_", subject)[:120])
        if safe:
            return safe + ".eml"
    if content_type in _STEMS:
        return _STEMS[content_type]
    family = content_type.partition("/")[0]
    stem = family if family in {"image", "audio", "video"} else "attachment"
    extension = _EXTENSIONS.get(content_type, ".txt" if family == "text" else None)
    if extension is None:
        tail = content_type.partition("/")[2].removeprefix("x-")
        extension = f".{tail}" if stem != "attachment" and re.fullmatch(r"[a-z0-9]{2,5}", tail) else ".bin"
    return stem + extension


def distinguish(name: str, taken: set[str]) -> str:
    """Return `name`, or "name (2).ext" where that is taken; the result is added to `taken` (compared without case)."""
    unique, count = name, 1
    while unique.casefold() in taken:
        count += 1
        stem, dot, extension = name.rpartition(".")
        unique = f"{stem} ({count}).{extension}" if dot and stem else f"{name} ({count})"
    taken.add(unique.casefold())
    return unique
