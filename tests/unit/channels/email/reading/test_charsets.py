"""Charsets that lie, are misspelt, are missing (mail.md 2, classes 1 and 3)."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.channels.email.reading.charsets import clean_text, codec_for, decode_text

JAPANESE = "お世話になっております。請求書を確認してください。"
CHINESE = "您好，请确认我们的订单是否已经发货，谢谢。我们在等您的回复，不胜感激。"
KOREAN = "안녕하세요 주문한 제품이 아직 도착하지 않았습니다"
RUSSIAN = "Здравствуйте, принтер опять не работает, помогите пожалуйста"


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("UTF-8", "utf-8"), ("utf8", "utf-8"), ('"utf-8"', "utf-8"), ("utf-8; format=flowed", "utf-8"),
        ("us-ascii*v", "cp1252"),
        ("ISO-8859-1", "cp1252"), ("iso8859-1", "cp1252"), ("iso_8859-1", "cp1252"), ("latin1", "cp1252"),
        ("windows-1252", "cp1252"),
        ("win-1251", "cp1251"), ("windows1251", "cp1251"), ("cp-850", "cp850"), ("gb2312", "gb18030"),
        ("GB_2312-80", "gb18030"),
        ("x-gbk", "gb18030"), ("ks_c_5601-1987", "cp949"), ("euc-kr", "cp949"), ("shift_jis", "cp932"),
        ("Shift-JIS", "cp932"),
        ("x-sjis", "cp932"), ("windows-31j", "cp932"), ("iso-2022-jp", "iso2022_jp"), ("x-mac-cyrillic",
        "mac-cyrillic"),
        ("macintosh", "mac_roman"), ("ansi_x3.110-1983", "cp1252"), ("unicode-1-1-utf-7", "utf-7"), ("iso-8859-15",
        "iso8859-15"),
    ],
)  # fmt: skip
def test_labels_mean_what_senders_put_under_them_mail_2_3(label: str, codec: str) -> None:
    assert codec_for(label).replace("_", "-") == codec.replace("_", "-")


@pytest.mark.parametrize(
    "label", ["x-unknown", "none", "", "rot13", "base64", "idna", "unknown-8bit", "\x00", "ü", "hex"]
)
def test_names_of_no_charset_give_none(label: str) -> None:
    assert codec_for(label) == ""


@pytest.mark.parametrize(
    "label", ["", "x-unknown", "us-ascii", "iso-8859-1", "windows-1252", "gb2312", "iso-2022-jp", "utf-8"]
)
def test_utf8_is_recognised_under_any_label(label: str) -> None:
    decoded = decode_text("Grüße, João – naïve café ✓ 日本".encode(), label)
    assert decoded.text == "Grüße, João – naïve café ✓ 日本"


@pytest.mark.parametrize("label", ["iso-2022-jp", "shift_jis", "euc-jp", "", "us-ascii"])
@pytest.mark.parametrize("codec", ["euc_jp", "cp932", "iso2022_jp"])
def test_japanese_is_read_under_a_wrong_japanese_label(label: str, codec: str) -> None:
    assert decode_text((JAPANESE * 3).encode(codec), label).text == JAPANESE * 3


def test_vendor_characters_in_iso_2022_jp_are_kept() -> None:
    assert decode_text(b"\x1b$B\x2d\x21\x2d\x35\x1b(B abc", "iso-2022-jp").text == "①Ⅰ abc"


def test_half_width_kana_in_iso_2022_jp_are_kept() -> None:
    assert decode_text(b"\x1b(I\x31\x32\x1b(B x", "iso-2022-jp").text == "ｱｲ x"


@pytest.mark.parametrize(
    ("text", "codec"),
    [(CHINESE, "gb18030"), (KOREAN, "cp949"), (RUSSIAN, "koi8_r"), (RUSSIAN, "cp1251"), (JAPANESE, "euc_jp")],
)
def test_text_without_a_label_is_detected(text: str, codec: str) -> None:
    assert decode_text((text * 4).encode(codec), "").text == text * 4


def test_short_western_text_without_a_label_is_windows_1252() -> None:
    assert decode_text(b"caf\xe9 \x80 5", "").text == "café € 5"
    assert decode_text(
        "¡Feliz Navidad! compañía, información y calefacción, ¿sí? mañana".encode("cp1252"), ""
    ).text.startswith("¡Feliz")


def test_single_wrong_bytes_in_utf8_become_windows_1252_and_no_replacement_characters() -> None:
    decoded = decode_text("Grüße und Größe und Füße über Äpfel".encode() + b" \x92s", "utf-8")
    assert decoded.text.endswith("’s")
    assert decoded.problem


def test_windows_characters_under_a_latin1_label_mail_2_3() -> None:
    assert decode_text(b"\x93quoted\x94 \x80", "iso-8859-1").text == "“quoted” €"


def test_gb2312_label_with_gbk_characters() -> None:
    assert decode_text("朱镕基 喆".encode("gb18030"), "gb2312").text == "朱镕基 喆"


def test_utf16_with_and_without_mark() -> None:
    assert decode_text("Hallo Welt".encode("utf-16"), "utf-16").text == "Hallo Welt"
    assert decode_text("Hallo Welt".encode("utf-16-be"), "utf-16").text == "Hallo Welt"
    assert decode_text("Hallo Welt".encode("utf-16-le"), "").text == "Hallo Welt"
    assert decode_text(b"plain ascii", "utf-16").text == "plain ascii"


def test_utf7_and_hz() -> None:
    assert decode_text(b"Hi +AOQ-!", "utf-7").text == "Hi ä!"
    assert decode_text("中文".encode("hz"), "hz-gb-2312").text == "中文"


def test_controls_are_taken_out_and_line_ends_made_one() -> None:
    assert clean_text("a\r\nb\rc\x00\x07d\x0ce") == ("a\nb\ncd\ne", True)
    assert clean_text("plain\ttext\n") == ("plain\ttext\n", False)
    assert clean_text("\ufeffBOM") == ("BOM", False)
    assert clean_text("\ud83d\ude00")[0] == "😀"


@given(
    st.binary(max_size=400),
    st.sampled_from(["", "utf-8", "utf-16", "utf-7", "hz", "iso-2022-jp", "gb2312", "big5", "x", "iso-2022-kr"]),
)
def test_any_bytes_decode_to_text_that_can_be_stored(data: bytes, label: str) -> None:
    text, _ = clean_text(decode_text(data, label).text)
    text.encode("utf-8")
    assert "\x00" not in text


@pytest.mark.parametrize("raw", [b"\x1b$)C\x0e>H3gGO<<?d\x0f", b"\x0e>H3gGO<<?d\x0f", b"\x1b$)C\n\x0e>H3gGO<<?d\x0f"])
def test_korean_in_seven_bits_rfc_1557(raw: bytes) -> None:
    assert decode_text(raw, "iso-2022-kr").text.strip() == "안녕하세요"
