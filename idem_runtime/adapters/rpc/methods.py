"""One RPC method, as it is registered: its name, its types, its mark; and what is refused before anything is served."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from google.protobuf import descriptor_pool, message_factory
from google.protobuf.message import Message

from idem_runtime.adapters.rpc.requests import fields_without, key_field
from idem_runtime.adapters.rpc.wire_format import check_type
from idem_runtime.errors import ConfigurationError
from idem_runtime.key import RequestKey
from idem_runtime.mark_callables import is_async, name_of
from idem_runtime.marks import Function, Mark, MoneyMoving, mark_of, marked_function
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Endpoint

Serializer = Callable[[Any], bytes]


@dataclass(frozen=True, eq=False)
class Method:
    """A method. ``name``: ``bank.Wallet/Transfer``, the operation of its requests.

    ``request_type``, ``reply_type``: the descriptors of its messages, where they are known. ``streams``: it has more than
    one request or reply.
    """

    name: str
    behaviour: Function
    serializer: Serializer | None
    request_type: Any = None
    reply_type: Any = None
    streams: bool = False

    @cached_property
    def mark(self) -> Mark | None:
        """Its mark."""
        return mark_of(self.behaviour)

    @cached_property
    def protected(self) -> bool:
        """Whether it is money-moving."""
        return isinstance(self.mark, MoneyMoving)

    @cached_property
    def is_async(self) -> bool:
        """Whether it is a coroutine function."""
        return is_async(self.behaviour)

    def endpoint(self) -> Endpoint:
        """Its row in the routing table: RPCs are POST requests."""
        return Endpoint(self.name, frozenset({"POST"}), self.behaviour)

    def serialize(self, reply: Any) -> bytes:
        """``reply`` as bytes.

        :raises TypeError: a message of another type: its serializer would take it, and clients would read nonsense.
        """
        if self.reply_type is not None:
            actual = getattr(getattr(reply, "DESCRIPTOR", None), "full_name", type(reply).__qualname__)
            if actual != self.reply_type.full_name:
                raise TypeError(f"{self.name} returned {actual}, not {self.reply_type.full_name}")
        return bytes(reply) if self.serializer is None else self.serializer(reply)

    def reply(self, body: bytes) -> Any:
        """The message that ``body`` is; the bytes themselves where its type is not known."""
        if self.reply_type is None:
            return body
        return message_factory.GetMessageClass(self.reply_type).FromString(body)

    def check(self) -> None:
        """:raises ConfigurationError: it carries a mark that cannot be kept here, or has lost one."""
        _check_override(self)
        mark = self.mark
        if not isinstance(mark, MoneyMoving):
            return
        if self.streams:
            raise ConfigurationError(
                f"{self} is @money_moving and streams, so that what it answers cannot be stored: move money in a method "
                "with one request and one reply"
            )
        if self.is_async is not is_async(marked_function(self.behaviour)):
            raise ConfigurationError(
                f"{self}: the method is {_colour(self.behaviour)}, and the function that is marked is not: mark it "
                "outermost, or make both alike"
            )
        if isinstance(mark.key, RequestKey) and mark.key.header is None:
            raise ConfigurationError(f"{self}: from_payload() reads JSON: say key=lambda request: request.…")
        if self.request_type is not None:
            _ = mark.key is None and key_field(self.request_type)
            fields_without(self.request_type, mark.ignore)
            if mark.fingerprint is None:
                check_type(self.request_type)

    def __str__(self) -> str:
        """For messages."""
        return f"{self.name} ({name_of(self.behaviour)})"


def method_of(
    path: str,
    behaviour: Function,
    *,
    deserializer: Any = None,
    serializer: Serializer | None = None,
    streams: bool = False,
) -> Method:
    """The method at ``path`` (``/bank.Wallet/Transfer``)."""
    name = path.removeprefix("/")
    request_type, reply_type = _types(name)
    if request_type is None:
        request_class: Any = getattr(deserializer, "__self__", None)
        if inspect.isclass(request_class) and issubclass(request_class, Message):
            request_type = vars(request_class)["DESCRIPTOR"]
    return Method(name, behaviour, serializer, request_type, reply_type, streams)


def _types(name: str) -> tuple[Any, Any]:
    """The types of a method whose generated module is loaded."""
    service, _, method = name.partition("/")
    try:
        found = descriptor_pool.Default().FindServiceByName(service).methods_by_name[method]
    except KeyError:
        return None, None
    return found.input_type, found.output_type


def names_of(service: str) -> list[str]:
    """The methods of a service whose generated module is loaded."""
    try:
        return list(descriptor_pool.Default().FindServiceByName(service).methods_by_name)
    except KeyError:
        return []


def _check_override(method: Method) -> None:
    """:raises ConfigurationError: an unmarked method stands before a marked one, whose mark it would call by itself."""
    owner, name = getattr(method.behaviour, "__self__", None), method.name.rpartition("/")[2]
    if owner is None or method.mark is not None:
        return
    for base in type(owner).__mro__:
        if isinstance(mark_of(vars(base).get(name)), MoneyMoving):
            raise ConfigurationError(
                f"{method} is not marked, and overrides a method of {base.__qualname__} that is @money_moving: mark it, too"
            )


def _colour(function: Function) -> str:
    return "async" if is_async(function) else "sync"


def check_server(runtime: Runtime, server: object) -> None:
    """:raises ConfigurationError: ``server`` cannot be installed, or not with these settings."""
    if "_idem" in vars(server):
        raise ConfigurationError("idem.install(server) was called for this server before: one is enough")
    if runtime.refusal_response is not None:
        raise ConfigurationError(
            "Idempotency(refusal_response=…) shapes HTTP responses, and is of no use to RPCs: give the gRPC server an "
            "Idempotency of its own without it, on the same table"
        )
