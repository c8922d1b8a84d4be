"""Makes mail like a help desk's: sizes, languages, charsets, HTML, attachments, answers, machine mail. Repeatable by
its seed.
"""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime

ACCOUNTS = ("support", "sales")
_WORDS = {
    "utf-8": "printer invoice password order broken screen update refund please thanks urgent network error since",
    "iso-8859-1": "Rechnung Drucker Grüße können möglich Straße bitte Fehler für über zurück schön prüfen Gerät mañana",
    "windows-1251": "счёт принтер пароль заказ доставка ошибка договор вчера опять номер страница очень срочно спасибо",
    "gb18030": "发票 打印机 密码 订单 送货 屏幕 错误 服务器 合同 客户 昨天 号码 紧急 谢谢",
}
_SHARES = (70, 18, 7, 5)
_FILES = (
    (".pdf", "application/pdf"),
    (".png", "image/png"),
    (".zip", "application/zip"),
    (".docx", "application/msword"),
)


class MailMaker:
    """Makes one stream of mail; every value comes from the seed."""

    def __init__(self, seed: int) -> None:
        self._rng = random.Random(seed)
        self._noise = self._rng.randbytes(1 << 20)
        self._now = datetime(2026, 3, 2, 8, tzinfo=UTC)
        self._threads: list[tuple[list[str], str, str, str, str]] = []
        self._serial = 0

    def stream(self, count: int) -> Iterator[tuple[str, bytes]]:
        """Yield `count` mails with the mailbox each belongs to, answers after what they answer."""
        while count > 0:
            count -= 1
            yield self._next()

    def _next(self) -> tuple[str, bytes]:
        rng = self._rng
        kind = rng.random()
        if self._threads and kind < 0.25:
            back = int(rng.expovariate(1 / 300))
            ids, subject, sender, account, charset = self._threads[-1 - min(back, len(self._threads) - 1)]
            link = [f"In-Reply-To: <{ids[-1]}>", "References: " + " ".join(f"<{i}>" for i in ids[-8:])]
            extra = ["Auto-Submitted: auto-replied"] if kind < 0.02 else []
            raw, message_id = self._mail(f"Re: {subject}", sender, account, charset, [*link, *extra], quoted=True)
            ids.append(message_id)
            return account, raw
        charset = rng.choices(list(_WORDS), _SHARES)[0]
        sender = f"user{rng.randint(1, 3000)}@customer{rng.randint(1, 90)}.example"
        account = rng.choice(ACCOUNTS)
        subject = self._prose(charset, 30)[:70].replace("\n", " ")
        lists = ["List-Id: <news.example.net>", "Precedence: bulk"] if kind > 0.985 else []
        raw, message_id = self._mail(subject, sender, account, charset, lists)
        self._threads.append(([message_id], subject, sender, account, charset))
        return account, raw

    def _prose(self, charset: str, chars: int) -> str:
        words = _WORDS[charset].split()
        lines, size = [], 0
        while size < chars:
            line = " ".join(self._rng.choices(words, k=self._rng.randint(4, 11)))
            lines.append(line[:1].upper() + line[1:] + ".")
            size += len(line) + 2
            if self._rng.random() < 0.12:
                lines.append("")
        return "\n".join(lines)

    def _mail(
        self, subject: str, sender: str, account: str, charset: str, extra: list[str], *, quoted: bool = False
    ) -> tuple[bytes, str]:
        rng = self._rng
        self._serial += 1
        self._now += timedelta(seconds=rng.randint(20, 600))
        message_id = f"{self._serial:x}.{rng.getrandbits(64):x}@mail.example.net"
        text = self._prose(charset, min(24_000, int(rng.lognormvariate(7.2, 0.9)))) + "\n\n-- \nSam Sender\n"
        if quoted:
            text += "\nOn Mon, Mar 2, 2026 at 10:00, Desk wrote:\n> " + self._prose(charset, 600).replace("\n", "\n> ")
        head = [
            f"Return-Path: <{sender}>",
            f"Received: from mx.example.net by in.desk.example with ESMTPS id {rng.getrandbits(40):x}; "
            + format_datetime(self._now),
            f"DKIM-Signature: v=1; a=rsa-sha256; d=example.net; b={base64.b64encode(rng.randbytes(96)).decode()}",
            f"From: Sam Sender <{sender}>",
            f"To: Desk <{account}@desk.example>",
            "Subject: " + Header(subject, charset, maxlinelen=75).encode(linesep="\r\n"),
            f"Date: {format_datetime(self._now)}",
            f"Message-ID: <{message_id}>",
            *extra,
            "MIME-Version: 1.0",
        ]
        content = self._content(text, charset)
        if rng.random() < 0.16:
            content = self._with_files(content)
        return ("\r\n".join(head) + "\r\n").encode("ascii") + content, message_id

    def _part(self, kind: str, text: str, charset: str) -> bytes:
        data = text.replace("\n", "\r\n").encode(charset)
        if self._rng.random() < 0.5:
            body, coding = quopri.encodestring(data.replace(b"\r\n", b"\n")).replace(b"\n", b"\r\n"), "quoted-printable"
        else:
            body, coding = base64.encodebytes(data).replace(b"\n", b"\r\n"), "base64"
        head = f"Content-Type: text/{kind}; charset={charset}\r\nContent-Transfer-Encoding: {coding}\r\n\r\n"
        return head.encode() + body

    def _content(self, text: str, charset: str) -> bytes:
        plain = self._part("plain", text, charset)
        if self._rng.random() >= 0.55:
            return plain
        pad = "".join(f"<!-- {self._rng.getrandbits(200):x} -->\n" for _ in range(self._rng.randint(0, 60)))
        paragraphs = "".join(f'<p style="margin:0 0 1em">{p}</p>\n' for p in text.split("\n\n"))
        html = f"<html><head><style>p{{color:#222}}</style></head><body>{paragraphs}{pad}</body></html>"
        return self._multipart("alternative", [plain, self._part("html", html, charset)])

    def _with_files(self, content: bytes) -> bytes:
        parts = [content]
        for _ in range(self._rng.choice([1, 1, 1, 2, 3])):
            ending, kind = self._rng.choice(_FILES)
            start = self._rng.randrange(0, len(self._noise) - 400_000)
            data = self._noise[start : start + min(400_000, int(self._rng.lognormvariate(10.3, 1.0)))]
            name = f"file-{self._rng.randint(1, 999)}{ending}"
            head = (
                f'Content-Type: {kind}; name="{name}"\r\nContent-Disposition: attachment; filename="{name}"\r\n'
                "Content-Transfer-Encoding: base64\r\n\r\n"
            )
            parts.append(head.encode() + base64.encodebytes(data).replace(b"\n", b"\r\n"))
        return self._multipart("mixed", parts)

    def _multipart(self, kind: str, parts: list[bytes]) -> bytes:
        boundary = f"=_{kind}_{self._rng.getrandbits(48):x}"
        head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
        middle = b"".join(f"--{boundary}\r\n".encode() + part + b"\r\n" for part in parts)
        return head + middle + f"--{boundary}--\r\n".encode()
