"""What equals what: the docstring of ``fingerprint.py``, clause by clause, then by property."""

from __future__ import annotations

import datetime as dt
import enum
import json
import time
from dataclasses import dataclass
from decimal import Decimal
from types import MappingProxyType
from typing import Any
from uuid import UUID

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from idem_runtime import StoreUnavailable
from idem_runtime.model import Request
from idem_runtime.protocol import multipart
from idem_runtime.protocol.fingerprint import of_request, of_value

JSON = "application/json"


class Name(str):
    """Text of a kind of its own."""

    __slots__ = ()


FORM = "multipart/form-data; boundary="


def stored(body: bytes, content_type: str = JSON, ignore: tuple[str, ...] = (), **more: Any) -> str:
    return of_request(
        Request("POST", "/t", (("content-type", content_type),), body=body, **more), ignore=ignore
    ).stored


EQUAL = [
    (b'{"a":1,"b":2}', b' { "b" : 2 , "a" : 1 } '),
    (b'"A"', b'"\\u0041"'),
    (b"1.0", b"1.00"),
    (b"1.0", b"10e-1"),
    (b"1E2", b"100.0"),
    (b"-0", b"0"),
    (b"-0.0", b"0.0"),
    (b"0e999999", b"0.0"),
    (b"1e99999999999999999999", b"10E99999999999999999998"),
    (b"1.50e+2", b"150.0"),
    (b'{"a":[1,{"b":null}]}', b'{"a":[1,{"b":null}]}\n'),
]
DIFFERENT = [
    (b"1", b"1.0"),
    (b"1", b'"1"'),
    (b"1.0", b'"1.0"'),
    (b"100", b"1E2"),
    (b"9007199254740993", b"9007199254740992"),
    (b"0.1", b"0.10000000000000000000000000000000001"),
    (b"1.0", b"-1.0"),
    (b"true", b"1"),
    (b"null", b"false"),
    (b'"\xc3\xa9"', b'"e\xcc\x81"'),
    (b'{"a":1,"a":2}', b'{"a":2}'),
    (b'{"a":1,"a":2}', b'{"a":1, "a":2}'),
    (b"[1,2]", b"[2,1]"),
    (b"[[1],2]", b"[1,[2]]"),
    (b'{"a":"b"}', b'["a","b"]'),
    (b"NaN", b"Infinity"),
    (b"\xff", b"\xfe"),
    (b"[" * 101 + b"]" * 101, b"[" * 101 + b" " + b"]" * 101),
    (b"", b"null"),
    (b"{", b"{ "),
]


@pytest.mark.parametrize(("one", "other"), EQUAL)
def test_the_same_payload_in_other_words_is_equal(one: bytes, other: bytes) -> None:
    assert stored(one) == stored(other)


@pytest.mark.parametrize(("one", "other"), DIFFERENT)
def test_another_payload_is_different(one: bytes, other: bytes) -> None:
    assert stored(one) != stored(other)


def test_json_is_known_by_its_content_type_and_other_content_compares_as_bytes() -> None:
    assert stored(b"1 ", "application/vnd.bank+json; charset=utf-8") == stored(
        b"1", "application/vnd.bank+json"
    )
    assert stored(b"1 ", "text/plain") != stored(b"1", "text/plain")
    assert stored(b"1", "text/plain") != stored(b"1", "text/csv")
    assert stored(b"1", "text/plain; charset=utf-8") == stored(b"1", "TEXT/plain")
    assert of_request(Request("POST", "/t", (), body=b"1")).stored != stored(b"1")


@pytest.mark.parametrize(
    "number", [b"9" * 1000, b"0." + b"1" * 998, b"-1E" + b"9" * 997], ids=["integer", "fraction", "exponent"]
)
def test_the_longest_numbers_compare_by_value_and_longer_ones_by_their_bytes(number: bytes) -> None:
    assert stored(number) == stored(number + b" ") != stored(b"1" + number[1:])
    longer = number + b"1"
    assert stored(longer) == stored(longer)
    assert stored(longer) != stored(longer + b" ")


@pytest.mark.parametrize("leaf", [b'"a"', b"1", b"true"], ids=["text", "number", "boolean"])
@pytest.mark.parametrize(("opened", "closed"), [(b'{"m":', b"}"), (b"[", b"]")], ids=["objects", "lists"])
def test_json_of_100_levels_is_compared_as_json_and_a_deeper_one_by_its_bytes(
    opened: bytes, closed: bytes, leaf: bytes
) -> None:
    deepest, deeper = (opened * levels + leaf + closed * levels for levels in (99, 100))
    assert stored(deepest) == stored(deepest + b" "), "its value, whatever that is, is on the last level"
    assert stored(deeper) != stored(deeper + b" ")


def test_numbers_cost_no_more_than_other_text() -> None:
    """A 5 MB body is compared on the event loop: what one client sends must not stop the others."""
    many = b"[" + b",".join([b"0." + b"1" * 990] * 5_000) + b"]"
    one, exponents = b"0." + b"1" * 5_000_000, b"[" + b",".join([b"1e999999999"] * 5_000) + b"]"
    for body in (many, one, exponents):
        before = time.process_time()
        stored(body)
        assert time.process_time() - before < 1


def test_surrogates_have_a_fingerprint() -> None:
    assert stored(b'"\\ud800"') == stored(b' "\\ud800"')


def test_path_and_query_count_but_not_the_order_of_different_query_names() -> None:
    base = stored(b"1")
    assert stored(b"1", path_params=(("id", "a"),)) != base
    assert (
        stored(b"1", query=(("a", "1"), ("b", "2"))) == stored(b"1", query=(("b", "2"), ("a", "1"))) != base
    )
    assert stored(b"1", query=(("a", "1"), ("a", "2"))) != stored(b"1", query=(("a", "2"), ("a", "1")))


@pytest.mark.parametrize(
    ("pointer", "one", "other", "equal"),
    [
        ("/sent", b'{"a":1,"sent":1}', b'{"a":1,"sent":2}', True),
        ("/sent", b'{"a":1,"sent":1}', b'{"a":1}', True),
        ("/sent", b'{"a":1,"sent":1}', b'{"a":2,"sent":1}', False),
        ("/m/at", b'{"m":{"at":1,"x":1}}', b'{"m":{"at":2,"x":1}}', True),
        ("/m/at", b'{"m":{"at":1,"x":1}}', b'{"m":{"at":1,"x":2}}', False),
        ("/m/at", b'{"m":3}', b'{"m":4}', False),
        ("/list/0/at", b'{"list":[{"at":1}]}', b'{"list":[{"at":2}]}', True),
        ("/list/*/at", b'{"list":[{"at":1},{"at":1}]}', b'{"list":[{"at":2},{"at":3}]}', True),
        ("/list/1/at", b'{"list":[{"at":1}]}', b'{"list":[{"at":2}]}', False),
        ("/list/0", b'{"list":[1]}', b'{"list":[2]}', True),
        ("/list/0", b'{"list":[1,3]}', b'{"list":[2,4]}', False),
        ("/list/*", b'{"list":[1]}', b'{"list":[2,3]}', True),
        ("/a~1b", b'{"a/b":1}', b'{"a/b":2}', True),
    ],
)
def test_volatile_members_are_left_out(pointer: str, one: bytes, other: bytes, equal: bool) -> None:
    assert (stored(one, ignore=(pointer,)) == stored(other, ignore=(pointer,))) is equal


@pytest.mark.parametrize(
    ("pointer", "one", "other", "equal"),
    [
        ("/csrf", b"amount=1&csrf=a", b"csrf=b&amount=1", True),
        ("/csrf", b"amount=1&csrf=a&csrf=c", b"amount=1", True),
        ("/csrf", b"amount=1&%63srf=a", b"amount=1&csrf", True),
        ("/a b", b"a+b=1", b"a%20b=2", True),
        ("/csrf", b"amount=1&csrf=a", b"amount=2&csrf=a", False),
        ("/csrf/x", b"csrf=a", b"csrf=b", False),
        ("/csrf", b"note=1;csrf=a", b"note=1;csrf=b", False),
        ("/csrf", b"a=1&b=2", b"b=2&a=1", False),
    ],
)
def test_a_pointer_of_one_step_names_a_field_of_a_form(
    pointer: str, one: bytes, other: bytes, equal: bool
) -> None:
    both = [stored(body, "application/x-www-form-urlencoded", ignore=(pointer,)) for body in (one, other)]
    assert (both[0] == both[1]) is equal


def test_without_ignored_fields_a_form_compares_as_its_bytes() -> None:
    both = [stored(body, "application/x-www-form-urlencoded") for body in (b"a=%31", b"a=1")]
    assert both[0] != both[1]


@pytest.mark.parametrize(
    ("pointer", "one", "other", "equal"),
    [
        ("/signature", (("amount", "1"), ("signature", "a")), (("signature", "b"), ("amount", "1")), True),
        ("/signature", (("amount", "1"), ("signature", "a")), (("amount", "2"), ("signature", "a")), False),
        ("/signature/x", (("signature", "a"),), (("signature", "b"),), False),
    ],
)
def test_a_pointer_of_one_step_names_a_field_of_the_query(
    pointer: str, one: Any, other: Any, equal: bool
) -> None:
    assert (
        stored(b"1", query=one, ignore=(pointer,)) == stored(b"1", query=other, ignore=(pointer,))
    ) is equal


def part(disposition: bytes, content: bytes) -> bytes:
    return b"--X\r\nContent-Disposition: " + disposition + b"\r\n\r\n" + content + b"\r\n--X--\r\n"


@pytest.mark.parametrize(
    ("disposition", "left_out"),
    [
        (b'form-data; name="csrf"', True),
        (b"form-data;name=csrf", True),
        (b'Form-Data; filename="x; name=y"; NAME="csrf"', True),
        (b'form-data; name="amount"', False),
        (b'form-data; name="csrf"; name="amount"', False),
        (b"form-data; name=\"csrf\"; name*=UTF-8''amount", False),
        (b"form-data; name*=csrf", False),
        (b'form-data; name="cs\\rf"', False),
        (b'attachment; name="csrf"', False),
        (b'form-data; name="csrf" x', False),
        (b'form-data; name="csrf"\r\nContent-Disposition: form-data; name="amount"', False),
    ],
)
def test_a_pointer_of_one_step_names_a_part_of_a_multipart_form_where_its_name_is_certain(
    disposition: bytes, left_out: bool
) -> None:
    one, other = (
        stored(part(disposition, content), FORM + "X", ignore=("/csrf",)) for content in (b"1", b"2")
    )
    assert (one == other) is left_out


def test_a_chosen_value_counts_beside_the_path() -> None:
    assert of_value({"a": 1}).stored == of_value({"a": 1}, path=()).stored
    assert of_value({"a": 1}).stored != of_value({"a": 1}, path=(("id", "1"),)).stored
    assert of_value({"a": 1, "s": 1}, path=(("id", "1"),), ignore=("/s",)).stored == (
        of_value({"a": 1, "s": 2}, path=(("id", "1"),), ignore=("/s",)).stored
    )


def test_secrets_rotate_and_a_missing_one_is_neither_replay_nor_run() -> None:
    request = Request("POST", "/t", (("content-type", JSON),), body=b"1")
    old = of_request(request, secrets={"2024": b"old"})
    new = of_request(request, secrets={"2025": b"new", "2024": b"old"})
    assert old.stored.startswith("v1:2024:")
    assert new.stored.startswith("v1:2025:")
    assert new.matches(old.stored)
    assert new.matches(of_request(request).stored)
    assert not new.matches(of_request(Request("POST", "/t", (), body=b"2"), secrets={"2024": b"old"}).stored)
    with pytest.raises(StoreUnavailable):
        old.matches(new.stored)
    with pytest.raises(StoreUnavailable):
        old.matches("v2:2024:ff")


class Color(enum.Enum):
    RED = "red"


@dataclass
class Job:
    id: str
    amount: Decimal


class Model(BaseModel):
    amount: Decimal


VALUES: list[tuple[Any, Any, bool]] = [
    ({"a": 1, "b": (2,)}, {"b": [2], "a": 1}, True),
    (Job("1", Decimal("1.0")), {"id": "1", "amount": Decimal("1.00")}, True),
    (Model(amount=Decimal(2)), {"amount": Decimal(2)}, True),
    (Decimal(2), 2, False),
    (1.5, Decimal("1.5"), True),
    (Color.RED, "red", True),
    (UUID(int=1), str(UUID(int=1)), False),
    (dt.date(2026, 1, 1), dt.date(2026, 1, 2), False),
    (b"a", b"b", False),
    (10**30, 10**30 + 1, False),
    (True, 1, False),
    ({1: 5}, {"1": 5}, False),
    ({1: 5}, {1.0: 5}, False),
    ({1: 2, "1": 3}, {"1": 3}, False),
    ({1: 2, "1": 3}, {"1": 3, 1: 2}, True),
    ({"\0int 1": 5}, {1: 5}, False),
    ({Color.RED: 1}, {"red": 1}, True),
    (MappingProxyType({"a": 1}), {"a": 1}, True),
    (Name("a"), "a", True),
    ({dt.date(2026, 1, 1): 1}, {"2026-01-01": 1}, False),
]


@pytest.mark.parametrize(("one", "other", "equal"), VALUES)
def test_arguments_of_functions_have_fingerprints_too(one: Any, other: Any, equal: bool) -> None:
    assert (of_value(one).stored == of_value(other).stored) is equal


def test_an_argument_with_no_form_is_refused_with_what_to_do() -> None:
    with pytest.raises(TypeError, match="fingerprint="):
        of_value({"a": object()})


def test_two_members_with_one_name_are_refused() -> None:
    with pytest.raises(ValueError, match="one name"):
        of_value({Color.RED: 1, "red": 2})


def test_a_number_that_is_not_finite_is_refused() -> None:
    with pytest.raises(ValueError, match="finite"):
        of_value(Decimal("NaN"))


SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text()
)
TREES = st.recursive(SCALARS, lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner), max_leaves=6)
SIXTY = settings(max_examples=60)


def typed(value: Any) -> Any:
    """Python's equality, made as strict as the fingerprint's: types count, zero has no sign."""
    if isinstance(value, dict):
        return {name: typed(item) for name, item in value.items()}
    if isinstance(value, list):
        return [typed(item) for item in value]
    return (type(value).__name__, value)


@SIXTY
@given(TREES, TREES)
def test_two_json_values_share_a_fingerprint_exactly_when_they_are_equal(one: Any, other: Any) -> None:
    same = stored(json.dumps(one).encode()) == stored(json.dumps(other).encode())
    assert same is (typed(one) == typed(other))


@SIXTY
@given(TREES)
def test_spelling_does_not_count(value: Any) -> None:
    compact = json.dumps(value, sort_keys=True, ensure_ascii=True, separators=(",", ":")).encode()
    spacious = json.dumps(value, ensure_ascii=False, indent=3).encode("utf-8", "surrogatepass")
    assert stored(compact) == stored(spacious)


ONE = b'--X\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--X--\r\n'


def upload(boundary: str, files: Any) -> tuple[bytes, str]:
    """A form as httpx sends it."""
    sent = httpx.Request("POST", "http://h/", files=files, headers={"content-type": FORM + boundary})
    return sent.read(), sent.headers["content-type"]


def test_a_form_that_is_sent_again_with_a_new_boundary_is_the_same() -> None:
    files = {"proof": ("a.txt", b"--first\r\n\r\n\x00", "text/plain"), "amount": (None, "7")}
    requests = [httpx.Request("POST", "http://h/", files=files) for _ in range(2)]
    bodies = [(request.read(), request.headers["content-type"]) for request in requests]
    assert bodies[0] != bodies[1]
    assert stored(*bodies[0]) == stored(*bodies[1])
    assert stored(*upload("a", {"x": (None, "1")})) != stored(*upload("b", {"x": (None, "2")}))


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE.replace(b"X", b"Y"), FORM + "Y"),
        (ONE.replace(b"X", b"a b"), FORM + '"a b"'),
        (ONE[:-2], FORM + "X"),
        (ONE, "Multipart/Form-Data; charset=utf-8; Boundary=X ; q=1"),
        (
            ONE.replace(b"Content-Disposition:", b"content-disposition: \t").replace(b"\r\n\r", b" \r\n\r"),
            FORM + "X",
        ),
    ],
)
def test_a_form_in_other_words_is_equal(body: bytes, content_type: str) -> None:
    assert stored(body, content_type) == stored(ONE, FORM + "X")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (ONE, "multipart/form-data"),
        (ONE, FORM),
        (ONE, FORM + "X; boundary=Y"),
        (ONE, FORM + "X; boundary*=Y"),
        (ONE, FORM + '"X ' + "-" * 70 + '"'),
        (ONE, FORM + "Y"),
        (b"", FORM + "X"),
        (b"preamble\r\n" + ONE, FORM + "X"),
        (ONE + b"epilogue", FORM + "X"),
        (ONE.replace(b"\r\n", b"\n"), FORM + "X"),
        (ONE.replace(b"--X\r\n", b"--X \r\n"), FORM + "X"),
        (ONE.replace(b"\r\n1\r\n", b"\r\n1--X\r\n"), FORM + "X"),
        (ONE.replace(b'; name="a"', b';\r\n name="a"'), FORM + "X"),
        (ONE.replace(b": ", b" "), FORM + "X"),
        (ONE.replace(b": ", b":" + b" " * 100_000 + b"\0"), FORM + "X"),
        (b"--X\r\n\r\n1\r\n--X--", FORM + "X"),
        (b"--X\r\nA: b\r\n--X--", FORM + "X"),
        (ONE[:-4], FORM + "X"),
    ],
)
def test_a_form_that_could_be_read_in_two_ways_compares_as_bytes(body: bytes, content_type: str) -> None:
    assert multipart.parts(body, content_type) is None
    assert stored(body, content_type) != stored(body + b" ", content_type)
    assert stored(body, content_type) == stored(body, content_type)


def test_a_form_without_parts_is_one() -> None:
    assert multipart.parts(b"--X--", FORM + "X") == []


NAMES = st.sampled_from([b"a", b"b", b"content-type"])
HEADERS = st.lists(st.tuples(NAMES, st.text("ab:;1", max_size=3).map(str.encode)), min_size=1, max_size=3)
PARTS = st.lists(
    st.tuples(HEADERS, st.binary(max_size=6) | st.sampled_from([b"\r\n", b"\r\n\r\n"])), max_size=3
)


def form(parts: Any, boundary: bytes) -> bytes:
    sections = [
        b"".join(name + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + content
        for headers, content in parts
    ]
    whole = b"".join(b"\r\n--" + boundary + b"\r\n" + section for section in sections)
    return whole[2:] + (b"\r\n" if sections else b"") + b"--" + boundary + b"--\r\n"


@SIXTY
@given(PARTS, PARTS)
def test_two_forms_share_a_fingerprint_exactly_when_their_parts_are_equal(one: Any, other: Any) -> None:
    same = stored(form(one, b"one"), FORM + "one") == stored(form(other, b"other"), FORM + "other")
    assert same is (one == other)
    assert stored(form(one, b"one"), FORM + "one") == stored(form(one, b"two"), FORM + "two")


@SIXTY
@given(st.binary(max_size=40), st.sampled_from(["one", "two"]))
def test_no_bytes_break_the_reading_of_forms(tail: bytes, boundary: str) -> None:
    body = ONE.replace(b"X", b"one") + tail
    assert (stored(body, FORM + boundary) == stored(ONE, FORM + "X")) is (tail == b"" and boundary == "one")
