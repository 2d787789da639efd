"""From a header, an event id or a payload to a key, or an error (draft-ietf-httpapi-idempotency-key-header)."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, cast

from idem_runtime.durations import Duration, as_timedelta, retention_problem
from idem_runtime.errors import ConfigurationError, KeyInvalid, KeyMissing
from idem_runtime.model import Request
from idem_runtime.protocol.json_pointer import split_pointer
from idem_runtime.protocol.scope_text import NoName, text_of

LONGEST = 255
HEADER = "Idempotency-Key"
_QUOTED = re.compile(r'"(?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*"')
_BARE = re.compile(r"[\x21\x23-\x2b\x2d-\x7e][\x21\x23-\x2b\x2d-\x7e]*")


def parse_key(values: Sequence[str], *, name: str = HEADER) -> str:
    """The key in the values of one header; ``"k"`` (a structured-field string) and bare ``k`` are the same key.

    :raises KeyMissing: no value, or nothing in it.
    :raises KeyInvalid: more than one value, or not 1 to 255 printable ASCII characters. A bare key has no space, comma
        or quote, because a comma is how proxies join repeated headers.
    """
    if not values or not values[0].strip():
        raise KeyMissing(f"This operation moves money: send one {name} header, the same on every retry.")
    if len(values) > 1:
        raise KeyInvalid(f"{name} was sent {len(values)} times: send it once.")
    text = values[0].strip(" \t")
    if text.startswith('"'):
        return check_key(_unquote(text, name), name=name)
    if not _BARE.fullmatch(text):
        raise KeyInvalid(
            f"{name} is not usable: printable ASCII without space, comma or quote, or a quoted string."
        )
    return check_key(text, name=name)


def _unquote(text: str, name: str) -> str:
    if not _QUOTED.fullmatch(text):
        raise KeyInvalid(f"{name} is not a structured-field string: check its quotes.")
    return re.sub(r"\\(.)", r"\1", text[1:-1])


def check_key(key: object, *, name: str = "key") -> str:
    """``key`` as text, as :func:`idem_runtime.protocol.scope_text.text_of` writes it: 7 and ``"7"`` are one key.

    :raises KeyMissing: ``None`` or empty.
    :raises KeyInvalid: of another type (a bool, a float, bytes), longer than 255 characters, or not printable ASCII.
    """
    try:
        text = text_of(key)
    except NoName as error:
        raise KeyInvalid(f"{name} {error}.") from None
    if not text:
        raise KeyMissing(f"{name} is empty: a money-moving operation needs a key.")
    if len(text) > LONGEST or not (text.isascii() and text.isprintable()):
        raise KeyInvalid(f"{name} has to be 1 to {LONGEST} printable ASCII characters.")
    return text


WEBHOOK_RETENTION = timedelta(days=30)
"""As long as senders of webhooks deliver an event again, by themselves or on a click (Stripe: 30 days)."""


@dataclass(frozen=True, slots=True)
class RequestKey:
    """A way to find the key in a request: what ``@money_moving(key=…)`` takes beside a function of the arguments.

    ``header``: the one that holds the key; ``None``: the body does. ``retention``: how long such a key is kept, unless
    the mark says otherwise; ``at_least``: what the application's own retention is raised to, where neither says.
    ``record``: which statuses are recorded of a local effect, unless the mark says; ``None``: as with every key.
    """

    find: Callable[[Request], str]
    header: str | None = None
    retention: timedelta | None = None
    at_least: timedelta | None = None
    record: Callable[[int], bool] | None = None

    def __call__(self, request: Request) -> str:
        """The key in ``request``; raises as :func:`parse_key` does."""
        return self.find(request)

    def kept(self, otherwise: timedelta) -> timedelta:
        """How long a record under this key is kept, where the application's own retention is ``otherwise``."""
        return self.retention or max(otherwise, self.at_least or otherwise)


def from_header(name: str) -> RequestKey:
    """The key is in the header ``name``."""
    return RequestKey(lambda request: parse_key(request.header(name), name=name), header=name)


def standard_webhook(*, retention: Duration | None = None) -> RequestKey:
    """The key is the event id of the Standard Webhooks specification: the header ``webhook-id``.

    ``retention``: how long the ids are kept, 24 h at least; default: 30 days, or the application's own where that is
    longer, because senders deliver an event again long after a day. The mark's own ``retention=`` goes before.
    Only successes are recorded, because senders deliver an event again until it is one: a refusal (the event came before
    the payment it is about) would be replayed to all of them. The mark's own ``record=`` goes before; external effects
    record refusals as ever, since they may have happened: ``raise HTTPException(404) from NotExecuted()`` frees the key.

    :raises ConfigurationError: here, for a retention that cannot be used.
    """
    return _kept_as_event(from_header("webhook-id"), retention, "standard_webhook")


def webhook_event(pointer: str, *, retention: Duration | None = None) -> RequestKey:
    """The key is the event id in the JSON body at ``pointer``, such as Stripe's ``/id``; kept as :func:`standard_webhook`'s.

    :raises ConfigurationError: here, where ``pointer`` does not start with ``/``, or for a retention that cannot be used.
    """
    return _kept_as_event(from_payload(pointer), retention, "webhook_event")


def _kept_as_event(key: RequestKey, retention: Duration | None, name: str) -> RequestKey:
    kept: timedelta | None = as_timedelta(retention)
    problem = retention_problem(kept)
    if problem is not None:
        raise ConfigurationError(f"{name}(retention={retention!r}): {problem}")
    return replace(key, retention=kept, at_least=WEBHOOK_RETENTION, record=_is_success)


def _is_success(status: int) -> bool:
    return status < 400


def from_payload(pointer: str) -> RequestKey:
    """The key is the text or integer in the JSON body at ``pointer`` (RFC 6901), such as ``/data/id``.

    :raises ConfigurationError: here, where ``pointer`` does not start with ``/``.
    """
    if not pointer.startswith("/"):
        raise ConfigurationError(f"from_payload({pointer!r}): a JSON pointer starts with /")
    return RequestKey(lambda request: _find_in_payload(request.body, pointer))


def _find_in_payload(body: bytes, pointer: str) -> str:
    try:
        value = json.loads(body)
    except (ValueError, RecursionError):
        raise KeyInvalid("The body is not JSON, so it holds no key.") from None
    for part in split_pointer(pointer):
        value = _member(value, part)
    return check_key(value, name=f"{pointer} in the body")


def _member(value: Any, part: str) -> Any:
    """The member or item of ``value`` that one part of a pointer names; ``None`` where there is none."""
    if isinstance(value, dict):
        return cast("dict[str, Any]", value).get(part)
    if isinstance(value, list) and part.isdecimal():
        return value[int(part)] if int(part) < len(value) else None  # pyright: ignore[reportUnknownArgumentType, reportUnknownVariableType] - isinstance knows no item types
    return None
