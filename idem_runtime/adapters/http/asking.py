"""From an HTTP request to what is asked, the same for every framework: who, under which key, for what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from idem_runtime.adapters.http import request
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Ask, Request
from idem_runtime.runtime import Runtime, principal_text


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as its adapter shows it before the body is read."""

    native: Any
    """The framework's own request, for ``principal=``."""
    head: Request
    """Everything but the body."""
    body: Callable[[], Any]
    """Gives the whole body, or what has to be waited for to get it."""
    operation: Callable[[], str]
    """Method and route template."""


def asking(
    known: Runtime, mark: MoneyMoving, incoming: Incoming, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> request.Asking[Ask]:
    """What this request asks. Headers come first: who is nobody, or has no key, is not read to the end.

    :raises PrincipalMissing: nobody asks. :raises KeyMissing: no key. :raises KeyInvalid: not one that can be used.
    :raises BodyTooLarge: more than is kept.
    """
    native = incoming.native
    who = principal_text((yield from request.principal_of(mark, known.principal, native, args, kwargs)))
    earlier = yield from request.earlier_principals(mark, known.previous_principals, native, args, kwargs)
    request.check_headers(mark, incoming.head)
    whole = replace(incoming.head, body=(yield incoming.body()))
    return known.ask(
        mark,
        principal=who,
        earlier=earlier,
        operation=mark.operation or incoming.operation(),
        key=(yield from request.key_of(mark, whole, args, kwargs)),
        fingerprint=(yield from request.fingerprint_of(mark, whole, args, kwargs, known.secrets)),
    )
