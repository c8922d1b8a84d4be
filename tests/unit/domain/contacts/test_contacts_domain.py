"""The rules about people: names, domains, blocks, fields, links, and taking somebody out of texts."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk_app.domain.contacts.blocking import BlockKind, SenderBlock, block_of, keys_of, read_block
from desk_app.domain.contacts.domains import clean_domain, is_public, organization_domain, with_parents
from desk_app.domain.contacts.erasing import ERASED, ErasedPerson
from desk_app.domain.contacts.fields import FIELD_TYPES, FieldDefinition, FieldType, FieldTypes, checked, merged
from desk_app.domain.contacts.links import LinkTemplate, check, expand, missing
from desk_app.domain.contacts.naming import phone_key, same_phone, sort_key

_LOCAL = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
_DOMAIN = st.from_regex(r"[a-z]{2,8}\.example", fullmatch=True)
ADDRESSES = st.builds(lambda local, domain: f"{local}@{domain}", _LOCAL, _DOMAIN)


@given(st.text(max_size=60))
def test_a_sort_key_is_stable_and_knows_no_capitals(name: str) -> None:
    assert sort_key(sort_key(name)) == sort_key(name)
    assert sort_key(f"  {name}  ") == sort_key(name)


def test_phone_numbers_are_compared_by_their_digits() -> None:
    assert same_phone("+46 8-123 45 67", "08 1234567")
    assert same_phone("(0812) 345-678", "+62 812 345678")
    assert not same_phone("+46 8 123 45 67", "+46 8 123 45 68")
    assert not same_phone("112", "112")
    assert phone_key("no digits") == ""


def test_domains_are_read_in_every_way_people_write_them() -> None:
    for text in ("Shop.Example", "@shop.example", "https://shop.example/x", "bob@shop.example", "shop.example."):
        assert clean_domain(text) == "shop.example"
    assert clean_domain("münchen.example") == "xn--mnchen-3ya.example"
    for wrong in ("", "shop", "a b.example", "-x.example", "x..example", "." * 300):
        with pytest.raises(ValueError, match="no domain"):
            clean_domain(wrong)
    assert is_public("GMAIL.com")
    with pytest.raises(ValueError, match="public mail provider"):
        organization_domain("hello@gmail.com")
    assert with_parents("a.b.example") == ["a.b.example", "b.example"]


@given(ADDRESSES, ADDRESSES)
def test_a_block_of_an_address_covers_that_address_only(one: str, other: str) -> None:
    blocks = {(BlockKind.ADDRESS, one): SenderBlock(BlockKind.ADDRESS, one)}
    assert (block_of([other], blocks) is not None) == (one == other)


@given(ADDRESSES)
def test_a_block_of_a_domain_covers_everybody_below_it(address: str) -> None:
    kind, value = read_block("@" + address.partition("@")[2])
    blocks = {(kind, value): SenderBlock(kind, value)}
    assert block_of([address], blocks) is not None
    assert block_of([address.replace("@", "@mail.")], blocks) is not None
    assert block_of([address.replace("@", "@x")], blocks) is None
    assert keys_of(address)[0] == (BlockKind.ADDRESS, address)


def test_a_plugin_can_bring_a_type_of_field() -> None:
    types = FieldTypes([FieldType("text", lambda text, _d: text)])

    def even(text: str, definition: FieldDefinition) -> str:
        if int(text) % 2:
            raise ValueError(f"{definition.label}: even numbers only.")
        return text

    types.register(FieldType("even", even))
    field = checked([FieldDefinition("", "Seats", "even")], types)[0]
    assert types.read("4", field) == "4"
    with pytest.raises(ValueError, match="even numbers"):
        types.read("3", field)
    with pytest.raises(ValueError, match="already"):
        types.register(FieldType("even", even))
    types.remove("even")
    assert types.read("anything", field) == "anything"


@given(st.decimals(allow_nan=False, allow_infinity=False, places=3, min_value=-(10**9), max_value=10**9))
def test_numbers_are_kept_exactly(number: object) -> None:
    field = FieldDefinition("n", "N", "number")
    assert FIELD_TYPES.read(str(number), field) == FIELD_TYPES.read(FIELD_TYPES.read(str(number), field), field)


def test_definitions_are_checked_and_get_keys_of_their_own() -> None:
    fields = checked([FieldDefinition("", "Größe"), FieldDefinition("grosse", "Size"), FieldDefinition("", "計画")])
    assert [one.key for one in fields] == ["grosse_2", "grosse", "field"]
    for wrong in (
        [FieldDefinition("", " ")],
        [FieldDefinition("", "A"), FieldDefinition("", "á")],
        [FieldDefinition("", "A", "choice")],
        [FieldDefinition("", "A", "colour")],
    ):
        with pytest.raises(ValueError, match=r"name|choice|type"):
            checked(wrong)
    assert merged({"a": "1", "b": ""}, {"b": "2", "c": "3"}) == {"a": "1", "b": "2", "c": "3"}


@given(st.text(min_size=1, max_size=40))
def test_cu_14_no_value_can_leave_its_place_in_a_link(value: str) -> None:
    template = LinkTemplate("Shop", "https://shop.example/customers/{name}?mail={email}#x")
    check(template)
    try:
        quote(value)
    except UnicodeEncodeError:
        return
    parts = urlsplit(expand(template, {"name": value, "email": value}))
    assert (parts.scheme, parts.netloc, parts.fragment) == ("https", "shop.example", "x")
    assert unquote(parts.path) == f"/customers/{value}"
    assert parts.path.count("/") == 2
    assert unquote(parts.query) == f"mail={value}"


def test_a_link_says_what_it_lacks() -> None:
    template = LinkTemplate("CRM", "https://crm.example/{field.number}/{email}")
    check(template, frozenset({"number"}))
    assert missing(template, {"email": "a@b.example"}) == ("field.number",)


@given(ADDRESSES, st.text(max_size=30), st.text(max_size=30))
def test_cu_10_an_address_is_taken_out_wherever_it_stands_alone(address: str, before: str, after: str) -> None:
    person = ErasedPerson((1,), (address,), ())
    text = f"{before} <{address.upper()}>, {quote(address)} {after}"
    assert address not in person.anywhere(text).lower().replace(f"x{address}", "")


def test_cu_10_others_whose_address_contains_it_stay() -> None:
    person = ErasedPerson((1,), ("ann@x.example",), ("Ann Will",), ("12 34 567",))
    text = "joann@x.example ann@x.example.org ann@x.example. mail=ann%40x.example %3Cann%40x.example%3E"
    text += " 012 34 567 12 34 567"
    found = person.anywhere(text)
    assert found == (f"joann@x.example ann@x.example.org {ERASED}. mail={ERASED} %3C{ERASED}%3E 012 34 567 {ERASED}")
    assert person.in_own_tickets("Ann must ask ANN WILL, will Annette") == f"{ERASED} must ask {ERASED}, will Annette"
