r"""Responses in a JSONB column, without loss.

What JSONB keeps as it is stays plain, so that other programs read it and theirs is read here. What it would refuse or
rewrite (``NaN``, ``\u0000``, half a surrogate pair, exponents, ``-0.0``, a member twice) is stored as text in an object
of one member, and so is a response that looks like one of these objects itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NoReturn

TEXT = "idem_guard_json"
"""The only member of an object that holds a response as JSON text."""
LOST = "idem_guard_lost"
"""The only member of an object that says: executed, and the response could not be stored."""
ATTEMPT = "idem_guard_attempt"
"""The only member of an object that holds the token of an attempt that runs; the SQL says it, too."""
RESERVED = frozenset({TEXT, LOST, ATTEMPT})
LOST_MARK = json.dumps({LOST: True})


class _NotPlain(ValueError):
    """JSONB would refuse it, or give back something else."""


@dataclass(frozen=True, slots=True)
class Stored:
    """A response as the record has it; ``text`` is its JSON, ``None``: lost."""

    text: str | None


def forms(text: str) -> Iterator[str]:
    """How ``text``, a response's JSON, may be stored: the next one where the server refuses the one before."""
    if is_plain(text):
        yield text
    yield wrapped(text)


def wrapped(text: str) -> str:
    """``text`` in an object of one member, in ASCII."""
    return json.dumps({TEXT: text})


def read(stored: str) -> Stored:
    """The response in ``stored``, the text of a JSONB value."""
    try:
        value = json.loads(stored)
        lonely = _only_member(value)
        if lonely == LOST:
            return Stored(None)
        if lonely == TEXT and isinstance(value[TEXT], str):
            return Stored(value[TEXT])
        return Stored(json.dumps(value, sort_keys=True))  # JSONB orders members by length
    except (
        ValueError,
        RecursionError,
    ):  # more digits, or deeper, than Python reads: whoever reads it is told
        return Stored(stored)


def is_plain(text: str) -> bool:
    """Whether JSONB keeps the value that ``text`` is, and it does not look like an object of ours."""
    if "\\u0000" in text or "\0" in text:
        return False
    try:
        value = json.loads(
            text,
            object_pairs_hook=_members,
            parse_float=_plain_float,
            parse_int=_plain_int,
            parse_constant=_refuse,
        )
        if "\\ud" in text.lower() or not text.isascii():
            json.dumps(value, ensure_ascii=False).encode()
    except (ValueError, RecursionError):
        return False
    return _only_member(value) not in RESERVED


def _only_member(value: Any) -> str | None:
    if isinstance(value, dict) and len(value) == 1:  # pyright: ignore[reportUnknownArgumentType] - of JSON
        return str(next(iter(value)))  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - as above
    return None


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise _NotPlain
    return members


def _plain_float(text: str) -> float:
    number = float(text)
    if repr(number) != text or "e" in text or text == "-0.0":
        raise _NotPlain
    return number


def _plain_int(text: str) -> int:
    if text == "-0":
        raise _NotPlain
    return int(text)


def _refuse(text: str) -> NoReturn:
    raise _NotPlain(text)
