"""From an HTTP request to what is asked, the same for every framework: who, under which key, for what."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from idem_runtime.adapters.principals import earlier_principals, principal_of
from idem_runtime.errors import TOO_LARGE, BodyTooLarge
from idem_runtime.execution.run_steps import Waits
from idem_runtime.key import RequestKey, parse_key
from idem_runtime.marks import MoneyMoving
from idem_runtime.model import Ask, Request
from idem_runtime.protocol import fingerprint
from idem_runtime.protocol.fingerprint import Fingerprint
from idem_runtime.runtime import Runtime, principal_text


@dataclass(frozen=True, slots=True)
class Incoming:
    """A request as its adapter shows it before the body is read."""

    native: Any
    """The framework's own request, for ``Idempotency(principal=)``."""
    head: Request
    """Everything but the body."""
    body: Callable[[], Any]
    """Gives the whole body, or something to await that does."""
    operation: Callable[[], str]
    """Gives method and route template."""
    time_left: float | None = None
    """Seconds until the caller gives up, where the framework knows: nobody is waited for any longer."""
    key: Callable[[], str] | None = None
    """Finds the key where the mark does not say where it is, and it may be elsewhere than in a header."""
    fingerprint: Callable[[MoneyMoving], Fingerprint] | None = None
    """Makes the payload's fingerprint where the body is not read as HTTP reads it."""


def asking(
    runtime: Runtime,
    mark: MoneyMoving,
    incoming: Incoming,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Waits[Ask]:
    """What this request asks. Headers come first: who is nobody, or has no key, is not read to the end.

    :raises PrincipalMissing: nobody asks. :raises KeyMissing: no key. :raises KeyInvalid: not one that can be used.
    :raises BodyTooLarge: more than is kept.
    """
    native = incoming.native
    principal = principal_text((yield from principal_of(mark, runtime.principal, native, args, kwargs)))
    earlier: list[Any] = []
    if runtime.previous_principals or mark.previous_principals:
        earlier = yield from earlier_principals(mark, runtime.previous_principals, native, args, kwargs)
    key: object = incoming.key() if mark.key is None and incoming.key else check_headers(mark, incoming.head)
    request = incoming.head.with_body((yield incoming.body()))
    if len(request.body) > runtime.settings.body_cap:
        raise BodyTooLarge(TOO_LARGE.format(runtime.settings.body_cap))
    if key is None:
        key = yield from _key_of(mark, request, args, kwargs)
    ask = runtime.ask(
        mark,
        principal=principal,
        earlier=earlier,
        operation=mark.operation or incoming.operation(),
        key=key,
        fingerprint=(yield from _fingerprint_of(mark, incoming, request, args, kwargs, runtime.secrets)),
    )
    left = incoming.time_left
    return ask if left is None or left >= ask.wait else replace(ask, wait=max(0.0, left))


def check_headers(mark: MoneyMoving, request: Request) -> str | None:
    """The key, before the body is read; ``None``: it is not in a header.

    :raises KeyMissing: none. :raises KeyInvalid: not one that can be used.
    """
    if mark.key is None or (isinstance(mark.key, RequestKey) and mark.key.header is not None):
        return _key_of_request(mark, request)
    return None


def _key_of_request(mark: MoneyMoving, request: Request) -> str:
    return key_in_header(request) if mark.key is None else mark.key(request)


def key_in_header(request: Request) -> str:
    """The key that is in ``Idempotency-Key``; raises as :func:`parse_key` does."""
    return parse_key(request.header("idempotency-key"))


def _key_of(
    mark: MoneyMoving, request: Request, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Waits[object]:
    """The key of this request: ``Idempotency-Key``, or what the mark's ``key=`` finds."""
    if mark.key is None or isinstance(mark.key, RequestKey):
        return _key_of_request(mark, request)
    return (yield mark.key(*args, **kwargs))


def _fingerprint_of(
    mark: MoneyMoving,
    incoming: Incoming,
    request: Request,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
    secrets: dict[str, bytes],
) -> Waits[Fingerprint]:
    """What identifies the payload: the request, or what the mark's ``fingerprint=`` says of it, beside its path."""
    if mark.fingerprint is None and incoming.fingerprint is not None:
        return incoming.fingerprint(mark)
    if mark.fingerprint is None:
        return fingerprint.of_request(request, ignore=mark.ignore, secrets=secrets)
    value = yield mark.fingerprint(*args, **kwargs)
    return fingerprint.of_value(value, path=request.path_params, ignore=mark.ignore, secrets=secrets)


def arguments_needed(mark: MoneyMoving) -> list[str]:
    """The options of ``mark`` that are called with the handler's own arguments."""
    needed = [name for name in ("principal", "fingerprint") if getattr(mark, name) is not None]
    return [*needed, "key"] if mark.key is not None and not isinstance(mark.key, RequestKey) else needed
