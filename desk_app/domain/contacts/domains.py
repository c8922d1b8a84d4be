"""Domains of addresses: which ones may stand for an organization, and which may be blocked (CU-05, CU-09)."""

from __future__ import annotations

import re

_DOMAIN = re.compile(r"(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])")
_PROVIDERS = """
    gmail.com googlemail.com outlook.com outlook.de outlook.es outlook.fr outlook.it outlook.jp outlook.co.id
    hotmail.com hotmail.co.uk hotmail.de hotmail.es hotmail.fr hotmail.it live.com live.co.uk live.de live.fr live.nl
    msn.com yahoo.com yahoo.co.id yahoo.co.in yahoo.co.jp yahoo.co.uk yahoo.com.ar yahoo.com.br yahoo.com.mx yahoo.de
    yahoo.es yahoo.fr yahoo.it ymail.com rocketmail.com icloud.com me.com mac.com aol.com aol.de aim.com gmx.com gmx.net
    gmx.de gmx.at gmx.ch web.de freenet.de t-online.de arcor.de mail.com email.com proton.me protonmail.com
    protonmail.ch pm.me tutanota.com tutanota.de tuta.io tuta.com hey.com fastmail.com fastmail.fm zoho.com zohomail.com
    yandex.com yandex.ru ya.ru mail.ru bk.ru inbox.ru list.ru rambler.ru qq.com foxmail.com 163.com 126.com yeah.net
    sina.com sina.cn sohu.com 139.com naver.com daum.net hanmail.net nate.com docomo.ne.jp ezweb.ne.jp softbank.ne.jp
    orange.fr wanadoo.fr free.fr laposte.net sfr.fr neuf.fr libero.it virgilio.it tiscali.it alice.it tin.it
    telefonica.net terra.es terra.com.br uol.com.br bol.com.br ig.com.br hotmail.com.br telkom.net plasa.com
    rediffmail.com btinternet.com sky.com virginmedia.com talktalk.net ntlworld.com comcast.net verizon.net att.net
    sbcglobal.net bellsouth.net cox.net charter.net earthlink.net shaw.ca rogers.com sympatico.ca bigpond.com
    optusnet.com.au ziggo.nl kpnmail.nl planet.nl home.nl telenet.be skynet.be bluewin.ch hispeed.ch telia.com
    bredband.net online.no wp.pl o2.pl onet.pl interia.pl op.pl seznam.cz centrum.cz email.cz abv.bg ukr.net i.ua
    mailbox.org posteo.de posteo.net riseup.net duck.com simplelogin.com privaterelay.appleid.com
"""
_PUBLIC = frozenset(_PROVIDERS.split())


def domain_of(address: str) -> str:
    """Return the domain of an e-mail address in lower case, "" where it has none."""
    return address.strip().rpartition("@")[2].lower().rstrip(".") if "@" in address else ""


def with_parents(domain: str) -> list[str]:
    """Return a domain and those it lies below, so that a block of "shop.example" covers "mail.shop.example"; a top
    level alone is left out."""
    parts = domain.split(".")
    return [".".join(parts[start:]) for start in range(len(parts) - 1)] if len(parts) > 1 else [domain]


def clean_domain(text: str) -> str:
    """Return a typed domain ("@Shop.Example", "https://shop.example/") as it is stored; raises ValueError."""
    wanted = text.strip().lower()
    wanted = re.sub(r"^[a-z]+://", "", wanted).partition("/")[0]
    wanted = wanted.rpartition("@")[2].rstrip(".")
    if not wanted.isascii():
        try:
            wanted = wanted.encode("idna").decode("ascii")
        except UnicodeError as error:
            raise ValueError("That is no domain.") from error
    if not _DOMAIN.fullmatch(wanted):
        raise ValueError("That is no domain.")
    return wanted


def is_public(domain: str) -> bool:
    """Return whether a domain belongs to a mail provider whose customers have nothing to do with each other."""
    return domain.lower() in _PUBLIC


def organization_domain(text: str) -> str:
    """Return a domain that may stand for an organization; raises ValueError with what is wrong."""
    domain = clean_domain(text)
    if is_public(domain):
        raise ValueError(f"{domain} is a public mail provider: its customers do not belong together.")
    return domain
