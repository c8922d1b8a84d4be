"""What mail programs of many languages write around quotes, forwards and signatures."""

from __future__ import annotations

import re

_FROM_WORDS = """
    from | von | de | dari | da | van | från | fra | od | от | від | 发件人 | 寄件者 | 寄件人 |
    差出人 | 送信者 | 送信元 | 보낸 사람 | 보낸사람 | gönderen | kimden | lähettäjä | feladó |
    expéditeur | remitente | remetente | mittente | afzender | absender | pengirim | від кого |
    de la | από | مِن | من | מאת | จาก | từ | expediteur
"""
_SENT_WORDS = """
    sent | date | gesendet | datum | envoyé | enviado | enviada | enviado el | enviado em | fecha |
    data | inviato | verzonden | dikirim | tanggal | skickat | sendt | dato | wysłano | odesláno |
    отправлено | дата | надіслано | 发送时间 | 日期 | 发送日期 | 寄件日期 |
    送信日時 | 日付 | 日時 | 날짜 | 보낸 날짜 | gönderildi | tarih | lähetetty | päivämäärä | elküldve |
    dátum | gesendet am | envoyé le | trimis | ngày | תאריך | تاريخ | วันที่ | inviato il
"""
_TO_WORDS = """
    to | an | à | a | para | per | aan | kepada | ke | untuk | till | til | do | komu | кому |
    收件人 | 收件者 | 宛先 | 받는 사람 | 받는사람 | alıcı | kime | vastaanottaja | címzett |
    destinataire | destinatario | către | đến | אל | إلى | ถึง
"""
_CC_WORDS = """
    cc | bcc | kopie | copie | copia | cópia | tembusan | kopia | kopi | копия | копія | 抄送 |
    副本 | 참조 | bilgi | kopio | másolatot kap | dw | reply-to
"""
_SUBJECT_WORDS = """
    subject | betreff | objet | asunto | assunto | oggetto | onderwerp | perihal | subjek | judul | ämne |
    emne | temat | předmět | тема | 主题 | 主題 | 主旨 | 件名 | 제목 | konu | aihe | tárgy |
    subiect | chủ đề | נושא | الموضوع | เรื่อง
"""
_ORIGINAL = """
    alkuperäinen viesti | antwort | eredeti üzenet | mensagem original | mensaje original |
    mesaj original | message d'origine | message d’origine | message original | messaggio originale |
    oorspronkelijk bericht | opprinnelig melding | oprindelig meddelelse | original email |
    original mail | original melding | original message | original-nachricht | originalmeddelande |
    originalnachricht | orijinal mesaj | oryginalna wiadomość | pesan asli | pesan awal |
    původní zpráva | reply above this line | reply message | ursprungligt meddelande |
    ursprüngliche nachricht | wiadomość oryginalna | исходное сообщение |
    оригинальное сообщение | первоначальное сообщение |
    元のメッセージ | 原始邮件 | 原始郵件 | 原邮件 | 원본 메시지
"""
_FORWARDED = """
    anfang der weitergeleiteten e-mail | anfang der weitergeleiteten nachricht |
    begin doorgestuurd bericht | begin forwarded message | doorgestuurd bericht |
    début du message réexpédié | début du message transféré | forwarded | forwarded by |
    forwarded message | fwd | iletilen mesaj | inicio del mensaje reenviado | inizio messaggio inoltrato |
    início da mensagem encaminhada | mensagem encaminhada | mensagem reencaminhada | mensaje reenviado |
    message transféré | message transmis | messaggio inoltrato | messaggio inoltrato da |
    original message forwarded | pesan diteruskan | pesan terusan | pesan yang diteruskan |
    przekazana wiadomość | přeposlaná zpráva | továbbított üzenet | vidarebefordrat meddelande |
    videresendt besked | videresendt meddelelse | videresendt melding | välitetty viesti |
    weitergeleitete nachricht | wiadomość przekazana | yönlendirilen mesaj |
    конец пересылаемого сообщения | пересланное сообщение |
    пересылаемое сообщение | 已轉寄的郵件 | 転送されたメッセージ | 転送メッセージ |
    轉寄郵件 | 转发的消息 | 转发的邮件 | 转发邮件 | 전달된 메시지 | 전달된 메일
"""
_WROTE = """
    wrote | writes | written by | a écrit | a ecrit | schrieb | geschrieben | escribió | escribio |
    escreveu | ha scritto | scrisse | schreef | geschreven | skrev | skriver | napisał | napisala |
    napsal | написал | пишет | писал | пише | написав | menulis |
    написа | 写道 | 寫道 | のメール | 書きました | 작성 | 님이 작성 | yazdı | şunları yazdı |
    kirjoitti | írta | a scris | đã viết | έγραψε | كتب | כתב | เขียน | va escriure | scríobh |
    quoting | said | napísal | je napisao | rašė | kirjutas
"""
_SENT_FROM = """
    sent from my | from my iphone | from my ipad | from my android | sent from mobile |
    diese nachricht wurde von | sent from mail for | sent from outlook | sent from yahoo | sent from proton |
    sent from samsung | sent from gmail | sent from a | sent from the | sent via | sent with |
    sent using | get outlook for | sent on the go | sent by | sent from iphone | sent from ipad |
    sent from android | von meinem | von meiner | gesendet mit | gesendet von | gesendet aus |
    holen sie sich outlook | envoyé de mon | envoyé depuis | envoyé à partir | envoyé avec |
    obtenez outlook | télécharger outlook | enviado desde | enviado do | enviado de | enviado a partir |
    enviado con | obtener outlook | obter o outlook | inviato da | inviato dal | scarica outlook |
    verzonden vanaf | verstuurd vanaf | verzonden met | verzonden via | outlook voor | dikirim dari |
    terkirim dari | dapatkan outlook | skickat från | sendt fra | lähetetty | wysłane z | wysłano z |
    odesláno z | отправлено с | отправлено из | надіслано з | 发自我的 |
    发自 | 從我的 | 从我的 | iphoneから送信 | ipadから送信 | 私のiphone | 나의 iphone | 내 iphone |
    iphone'umdan | iphone’umdan | küldve | trimis de pe | đã gửi từ | sent from
"""


def _phrases(block: str) -> tuple[str, ...]:
    return tuple(phrase.strip() for phrase in block.split("|"))


def _header_classes() -> dict[str, frozenset[str]]:
    classes: dict[str, frozenset[str]] = {}
    named = {"from": _FROM_WORDS, "sent": _SENT_WORDS, "to": _TO_WORDS, "cc": _CC_WORDS, "subject": _SUBJECT_WORDS}
    for kind, block in named.items():
        for word in _phrases(block):
            classes[word] = classes.get(word, frozenset()) | {kind}
    return classes


HEADER_CLASS = _header_classes()
"""Which headers a label may be, by its lower-case word ("da" is From in Italian; "data" is Date in several)."""

ORIGINAL = frozenset(_phrases(_ORIGINAL))
"""What stands between dashes above a quoted mail."""

FORWARDED = frozenset(_phrases(_FORWARDED))
"""What announces a forwarded mail, whose body is content and no quote."""

WROTE = _phrases(_WROTE)
"""Verbs of the line above a quote."""

SENT_FROM = _phrases(_SENT_FROM)
"""Beginnings of the lines phones and webmailers add below a mail."""

_ADDRESS = re.compile(r"[^\s<>@\"]{1,64}@[^\s<>@\"]{1,200}")
_DATE = re.compile(
    r"\b(?:19|20)\d\d\b|\d{1,2}[./-]\d{1,2}[./-]\d{2,4}|\d年|\b\d{1,2}[:.h]\d{2}\b|\d{1,2}\. ?\d{1,2}\. ?\d{2,4}"
)
_FULL_DATE = re.compile(r"(?:19|20)\d\d(?!\d)|\d{1,2}[./-]\d{1,2}[./-]\d{2}\b")
_DECORATION = " \t-_=*>#~—–:：|\xa0"


def is_attribution(text: str, *, quote_follows: bool) -> bool:
    """Whether a line (or two or three, joined) introduces a quote: "On 3 May 2026 at 10:12, Ann <ann@x.org> wrote:".

    Where no visible quote mark follows, the line must carry a verb and an address or whole date, so that "He wrote:"
    above the customer's own words never folds them.
    """
    bare = text.strip().rstrip("*_ ")
    if len(bare) > 500:
        return False
    if not bare.endswith((":", "：", "-")):
        return quote_follows and bare.endswith(">") and bool(_ADDRESS.search(bare)) and bool(_FULL_DATE.search(bare))
    lowered = bare.casefold()
    verb = any(word in lowered for word in WROTE)
    if bare.endswith("-") and not (verb and "---" in bare):
        return False
    address = bool(_ADDRESS.search(bare))
    if quote_follows:
        return verb or (address and bool(_DATE.search(bare)))
    if address and _DATE.search(bare):
        return verb or bool(_FULL_DATE.search(bare))
    return verb and bool(_FULL_DATE.search(bare)) and bool(_DATE.sub("", bare, count=1).strip())


def header_class(line: str) -> frozenset[str]:
    """Return which mail headers a line may be ("Von: ..." is from); empty where it is none."""
    label, colon, _ = line[:34].replace("：", ":", 1).partition(":")
    if not colon:
        return frozenset()
    return HEADER_CLASS.get(label.strip(" \t*_>|\xa0").casefold(), frozenset())


def is_original_mark(line: str) -> bool:
    """Whether a line is "-----Original Message-----" or a cousin of it."""
    bare = line.strip()
    return len(bare) < 120 and bare[:2] in {"--", "__", "==", "**"} and bare.strip(_DECORATION).casefold() in ORIGINAL


def is_forward_mark(line: str) -> bool:
    """Whether a line announces a forwarded mail."""
    bare = line.strip().lstrip("> ")
    if not bare or len(bare) > 120:
        return False
    words = bare.strip(_DECORATION).casefold()
    return words in FORWARDED and (bare[0] in "-_=*" or bare[-1] in ":：")


def is_sent_from(line: str) -> bool:
    """Whether a line is what a phone or webmailer adds below a mail."""
    bare = line.strip(" \t*_[](){}<>-\xa0").casefold()
    return 4 < len(bare) < 110 and bare.startswith(SENT_FROM)
