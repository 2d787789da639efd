"""What moves money outside the project: payment providers, other services, messages that ask for it."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import (
    Bound,
    Environment,
    External,
    Func,
    Klass,
    Value,
    options,
)
from idem_lint.reach import providers
from idem_lint.reach.action_names import asks_to_move, is_order, is_verb_of_movement
from idem_lint.reach.foreign_services import books_money
from idem_lint.reach.graphql_requests import GraphQLRequests
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import only_reads, says_money
from idem_lint.reach.origins import origin
from idem_lint.reach.rows import Rows
from idem_lint.reach.service_paths import (
    asks_money,
    asks_order,
    asks_subscription,
    named_address,
    names_money_service,
    reads,
)
from idem_lint.reach.sink import Needs, Sink, shown
from idem_lint.reach.soap_calls import SoapCalls
from idem_lint.reach.sql_sinks import texts
from idem_lint.reach.text_commands import RUNS, TextCommands
from idem_lint.reach.topics import asks_by_topic
from idem_lint.reach.weighed import asks_to_spend

HTTP = frozenset(
    {"requests", "httpx", "aiohttp", "urllib3", "urllib", "httplib2", "niquests", "treq", "pycurl"}
)
_LOADS = {"import_string", "import_module", "import_from_string", "load_object", "locate", "get_object"}
_SEEN = (Func, Bound, Klass)
_GATEWAYS = frozenset(
    {
        "provider",
        "backend",
        "gateway",
        "processor",
        "adapter",
        "rail",
        "node",
        "exchange",
        "psp",
        "acquirer",
        "funding",
    }
)
_CLIENTS = frozenset({"client", "gateway", "sdk", "wallet"})
"""What a class of another package is called that asks somebody who pays."""
_BROKERS = frozenset(
    {
        "kafka",
        "aiokafka",
        "confluent_kafka",
        "pika",
        "aio_pika",
        "nats",
        "boto3",
        "aioboto3",
        "faststream",
        "kombu",
        "google",
    }
)
_CHANNELS = frozenset(
    {"producer", "publisher", "sender", "broker", "queue", "channel", "topic", "bus", "sns", "sqs"}
)
FRAMEWORKS = frozenset(
    {
        "celery",
        "django",
        "fastapi",
        "flask",
        "graphene",
        "litestar",
        "marshmallow",
        "numpy",
        "pandas",
        "pydantic",
        "rest_framework",
        "sqlalchemy",
        "sqlmodel",
        "starlette",
        "structlog",
    }
)
_NEVER_PAY = tuple(f"{name}." for name in (*sys.stdlib_module_names, *sorted(FRAMEWORKS)))
"""Packages whose methods move nothing, whatever they are called."""
_HTTP_OWNER = frozenset({"client", "session", "http", "api", "gateway", "requests", "httpx"})
SENDS = frozenset({"post", "put", "patch", "apost", "request", "urlopen"})
_WRAPS = frozenset(
    {
        "api",
        "call",
        "command",
        "execute",
        "fetch",
        "invoke",
        "make",
        "patch",
        "post",
        "put",
        "query",
        "request",
        "rpc",
        "send",
    }
)
"""Words in the names of a client's methods that ask another service."""
_TELLS_OF = frozenset(
    [
        "audit",
        "build",
        "error",
        "format",
        "header",
        "log",
        "metric",
        "monitor",
        "observe",
        "parse",
        "path",
        "raise",
        "record",
        "register",
        "signature",
        "trace",
        "track",
        "uri",
        "url",
    ]
)
"""Words for what is done beside a request: its address is made, it is logged or counted."""
_VERBS = frozenset({"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"})
_WRITE_VERBS = frozenset({"POST", "PUT", "PATCH"})
_WRITES = frozenset({"post", "put", "patch"})
_ASKED = frozenset({"request", "req"})
_ADDRESSES = frozenset(
    {"url", "path", "endpoint", "method", "uri", "route", "resource", "command", "http_method", "verb"}
)
_READING = frozenset(
    {
        "get",
        "list",
        "fetch",
        "find",
        "is",
        "has",
        "check",
        "validate",
        "calculate",
        "format",
        "parse",
        "read",
        "load",
        "cancel",
        "history",
        "query",
        "search",
        "status",
        "verify",
        "quote",
        "estimate",
        "preview",
        "simulate",
        "serialize",
        "modify",
        "address",
        "describe",
        "retrieve",
    }
)
"""Words in the name of a method that only asks."""
_PUBLISHES = frozenset(
    {
        "publish",
        "apublish",
        "send",
        "send_message",
        "send_and_wait",
        "produce",
        "basic_publish",
        "put_record",
        "xadd",
        "lpush",
        "rpush",
        "send_task",
        "put_events",
        "enqueue",
    }
)
_METERS = frozenset(
    {"metric", "log", "trace", "audit", "analytic", "stat", "telemetry", "mail", "notification", "event"}
)


class OutsideSinks:
    """Finds the calls that move money elsewhere."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self.evaluator = evaluator
        self.rows = rows
        self._soap = SoapCalls(evaluator)
        self._graphql = GraphQLRequests(evaluator)
        self._commands = TextCommands(evaluator)

    def called(self, node: ast.Call, callee: Value, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a call."""
        name = terminal(node.func)
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        yield from self._by_provider(callee, node)
        yield from self._by_service(callee, node)
        if name in SENDS:
            yield from self._sent(callee, owner, node, scope, env)
        elif _wraps(name) and (node.args or node.keywords):
            yield from self._wrapped(name, node, scope, env)
        if name in _PUBLISHES:
            yield from self._published(node, callee, scope, env)
        if name in RUNS:
            yield from self._commands.called(node, scope, env)
        yield from self._soap.called(node, scope, env)
        yield from self._graphql.called(node, scope, env)
        if (node.args or node.keywords) and (
            asks_to_move(name) or providers.is_whole(name) or _ends_in_movement(name, callee)
        ):
            if providers.is_whole(name):
                yield Sink("provider", f"{shown(node.func)}(…)", node)
            yield from self._chosen_elsewhere(callee, owner, node)
        if name[:1].isupper() and owner is not None:
            yield from self._rpc(name, owner, callee, node, scope, env)

    def _by_provider(self, callee: Value, node: ast.Call) -> Iterator[Sink]:
        for option in options(callee):
            dotted = origin(option)
            if dotted and providers.moves_money(dotted):
                yield Sink("provider", f"{dotted}(…)", node)

    def _by_service(self, callee: Value, node: ast.Call) -> Iterator[Sink]:
        """A service or a ledger of another package: ``PaymentService(user).create(…)``, ``post_entry(entry)``."""
        if node.args or node.keywords:
            for option in options(callee):
                dotted = "" if isinstance(option, _SEEN) else origin(option)
                if dotted and not dotted.startswith(_NEVER_PAY) and books_money(dotted):
                    yield Sink("provider", f"{shown(node.func)}(…), of another package", node)

    def _sent(
        self, callee: Value, owner: ast.expr | None, node: ast.Call, scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        """``requests.post(url, …)``, and ``self.post("/transfers", …)`` of the project's own client."""
        given = [*node.args[:2], *(word.value for word in node.keywords if word.arg in {"url", "path"})]
        if terminal(node.func) == "request" and not self.says_write(node, scope, env):
            return
        is_http = _is_http(callee, owner)
        said = [
            text for each in given for option in self._choices(each, scope, env) for text in texts(option)
        ]
        if any(not _METERS.isdisjoint(words(text)) for text in said):
            return
        paths = [_without_host(text) for text in said]
        for path in paths:
            if is_http or (_is_path(path) and _is_client(callee)):
                yield from _to_service(path, node)
        if is_http and not any(map(reads, paths)):
            yield from self._to_named(given, node, scope)
            yield Sink("service", f"{shown(node.func)}({''.join(paths[:1])})", node, needs="verb")

    def _to_named(self, given: list[ast.expr], node: ast.Call, scope: Scope) -> Iterator[Sink]:
        """What is sent to the address that a setting holds: ``settings.PAYOUT_URL``, ``f"{PAYMENTS_SERVICE_URL}/{way}"``."""
        for name in {name for argument in given[:2] for name in _names(argument, scope)}:
            address = named_address(name)
            if address and asks_money(address):
                yield Sink("service", f"{shown(node.func)}({name})", node)
            elif not address and names_money_service(name):
                yield Sink("service", f"{shown(node.func)}({name})", node, needs="money")

    def _wrapped(self, name: str, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """``self._request("POST", "/transfers", …)`` and ``self._call("sendtoaddress", …)`` of the project's own client."""
        given = [*node.args[:3], *(word.value for word in node.keywords if word.arg in _ADDRESSES)]
        said = [
            text for each in given for option in self._choices(each, scope, env) for text in texts(option)
        ]
        verbs = {text.upper() for text in said} & _VERBS
        is_write = bool(verbs & _WRITE_VERBS) or (not verbs and not _WRITES.isdisjoint(words(name)))
        for text in said:
            if providers.is_whole(text) and not (verbs and not is_write):
                yield Sink("provider", f"{shown(node.func)}({text})", node)
            elif is_write and "/" in text and " " not in text:
                yield from _to_service(_without_host(text), node)

    def _choices(self, node: ast.expr, scope: Scope, env: Environment) -> list[Value]:
        """What an argument may be; of a table that is asked for a key that nobody knows, all that is in it."""
        return list(self.rows.chosen(node, scope, env)) or list(
            options(self.evaluator.evaluate(node, scope, env))
        )

    def says_write(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether a request writes: by its verb, or as the request does that is handed on (``request.method``)."""
        verb = next((word.value for word in node.keywords if word.arg == "method"), None)
        verb = verb if verb is not None else next(iter(node.args), None)
        if verb is None:
            return False
        found = [
            text for option in options(self.evaluator.evaluate(verb, scope, env)) for text in texts(option)
        ]
        if any(text.upper() in _WRITE_VERBS for text in found):
            return True
        is_handed_on = (
            isinstance(verb, ast.Attribute) and verb.attr == "method" and terminal(verb.value) in _ASKED
        )
        return is_handed_on and not found

    def _published(self, node: ast.Call, callee: Value, scope: Scope, env: Environment) -> Iterator[Sink]:
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if terminal(node.func) == "send" and not _sends_messages(origin(callee), owner):
            return
        given = [
            *node.args[:2],
            *(
                word.value
                for word in node.keywords
                if word.arg in {"topic", "queue", "routing_key", "subject", "channel", "QueueUrl"}
            ),
        ]
        for argument in given:
            for option in options(self.evaluator.evaluate(argument, scope, env)):
                for text in [*texts(option), *_constant_of_package(option)]:
                    if asks_by_topic(text):
                        yield Sink("message", f"{shown(node.func)}({text})", node)

    def _chosen_elsewhere(self, callee: Value, owner: ast.expr | None, node: ast.Call) -> Iterator[Sink]:
        """``import_string(settings.BACKEND)().charge(…)``: a verb of movement on what a setting chooses, or on what is
        called a gateway.
        """
        if terminal(node.func)[:1].isupper():
            return  # an object is made, such as a message: it moves nothing yet
        dotted = [origin(option) for option in options(callee)]
        if owner is None:
            if any("." in each and not each.startswith(_NEVER_PAY) for each in dotted):
                yield Sink("provider", f"{shown(node.func)}(…), of another package", node, needs="money")
            return
        name = terminal(owner.func if isinstance(owner, ast.Call) else owner)
        foreign = [each for each in dotted if each and not each.startswith(_NEVER_PAY)]
        if foreign:
            is_client = any(not _CLIENTS.isdisjoint(words(each)) for each in foreign)
            needs: Needs = "" if is_client and asks_to_spend(terminal(node.func)) else "money"
            yield Sink("provider", f"{shown(node.func)}(…), of another package", node, needs=needs)
            return
        is_chosen = any(_LOADS & set(each.split(".")) or "{…}" in each for each in dotted)
        is_unseen = not any(dotted) and not any(isinstance(option, _SEEN) for option in options(callee))
        if is_chosen or is_unseen or not _GATEWAYS.isdisjoint(words(name)):
            yield Sink("provider", f"{shown(node.func)}(…), chosen elsewhere", node, needs="money")

    def _rpc(
        self, name: str, owner: ast.expr, callee: Value, node: ast.Call, scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        stub = terminal(owner).lower()
        origins = [origin(option) for option in options(callee)]
        classes = self.rows.classes(owner, scope, env)
        is_stub = (
            stub.endswith(("stub", "client"))
            or any("_pb2_grpc." in name for name in origins)
            or any(klass.node.name.endswith("Stub") for klass in classes)
        )
        if is_stub and says_money(name) and not only_reads(name):
            yield Sink("service", f"{shown(node.func)}(…)", node)


def _constant_of_package(value: Value) -> list[str]:
    """The name of a constant that another package has: of ``REFUND_REQUESTED`` nothing else is known."""
    last = value.name.rpartition(".")[2] if isinstance(value, External) else ""
    return [last] if last.isupper() else []


def _wraps(name: str) -> bool:
    """Whether a method of this name may be a client's that asks another service."""
    parts = words(name)
    return not _WRAPS.isdisjoint(parts) and parts[0] not in _TELLS_OF and parts[-1] not in _TELLS_OF


def _ends_in_movement(name: str, callee: Value) -> bool:
    """Whether a method of a package that is not seen is called after a movement: ``usd_class_transfer``."""
    parts = words(name)
    if not parts or not _READING.isdisjoint(parts):
        return False
    dotted = [origin(option) for option in options(callee)]
    if not any("." in each and not each.startswith(_NEVER_PAY) for each in dotted):
        return False
    return is_verb_of_movement(parts[-1]) or is_order(name)


def _to_service(path: str, node: ast.Call) -> Iterator[Sink]:
    """What is sent to a path of another service asks for money to move; an order does where something is traded, and a
    subscription where somebody bills.
    """
    if not _METERS.isdisjoint(words(path)):
        return
    what = f"{shown(node.func)}({path})"
    if asks_money(path):
        yield Sink("service", what, node)
    elif asks_order(path):
        yield Sink("service", what, node, needs="trade")
    elif asks_subscription(path) and terminal(node.func) not in {"put", "patch"}:
        yield Sink("service", what, node, needs="billing")


def _without_host(text: str) -> str:
    return re.sub(r"^\w+://[^/]*", "", text)


def _is_path(text: str) -> bool:
    return text.startswith("/") or ("/" in text and " " not in text)


def _names(node: ast.expr, scope: Scope) -> Iterator[str]:
    """The names of settings, constants and attributes in an address, also where a variable was given it."""
    nodes: list[ast.AST] = [node]
    if isinstance(node, ast.Name):
        nodes += [
            binding.node for binding in scope.bindings.get(node.id, ()) if isinstance(binding.node, ast.expr)
        ]
    for part in (part for each in nodes for part in ast.walk(each)):
        if isinstance(part, ast.Name):
            yield part.id
        elif isinstance(part, ast.Attribute):
            yield part.attr
        elif isinstance(part, ast.Constant) and isinstance(part.value, str) and part.value.isupper():
            yield part.value  # ``os.environ["PAYOUT_URL"]``


def _sends_messages(dotted: str, owner: ast.expr) -> bool:
    """Whether ``send`` belongs to something that messages go through, by its package or its name."""
    return dotted.partition(".")[0] in _BROKERS or not _CHANNELS.isdisjoint(words(terminal(owner)))


def _is_client(callee: Value) -> bool:
    """Whether a call of ``post`` runs the project's own client."""
    return any(isinstance(option, Bound) for option in options(callee))


def _is_http(callee: Value, owner: ast.expr | None) -> bool:
    if any(origin(option).partition(".")[0] in HTTP for option in options(callee)):
        return True
    if any(isinstance(option, Func | Bound | Klass) for option in options(callee)):
        return False
    return owner is not None and not _HTTP_OWNER.isdisjoint(
        words(terminal(owner) or terminal(getattr(owner, "func", owner)))
    )
