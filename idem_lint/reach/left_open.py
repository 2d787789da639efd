"""Whether money may move behind a call that leads to nothing of the project and is no write that is known: what nobody can
resolve, what another package does, what is sent elsewhere, rows whose kind is not known.

Where every call of a handler is followed to its end and none is left open, nothing moves, whatever the handler is called.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Sequence

from idem_lint.engine import constants
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Environment, Func, Klass, Lambda, options
from idem_lint.reach.column_names import is_amount
from idem_lint.reach.common_methods import COMMON
from idem_lint.reach.name_words import words
from idem_lint.reach.origins import origin
from idem_lint.reach.outside_sinks import FRAMEWORKS, HTTP, SENDS, OutsideSinks
from idem_lint.reach.provider_catalogue import EXCHANGES, PACKAGES
from idem_lint.reach.records import Record
from idem_lint.reach.rows import Rows
from idem_lint.reach.service_paths import reads
from idem_lint.reach.sql_sinks import texts
from idem_lint.reach.weighed import carries, only_reads

_KEEPS_ROWS = frozenset(
    {
        "abulk_create",
        "acreate",
        "add_all",
        "aget_or_create",
        "asave",
        "aupdate_or_create",
        "bulk_create",
        "bulk_save_objects",
        "create",
        "get_or_create",
        "insert",
        "insert_many",
        "insert_one",
        "merge",
        "replace_one",
        "save",
        "update_one",
        "update_or_create",
    }
)
_RUNS = frozenset({"exec", "execute", "executemany", "executescript", "fetchval", "run_query"})
_HANDS_OVER = frozenset(
    {
        "apply_async",
        "call",
        "delay",
        "dispatch",
        "enqueue",
        "handle",
        "post",
        "process",
        "publish",
        "put",
        "run",
        "schedule",
        "send",
        "submit",
    }
)
_NO_MONEY = frozenset(
    """
    address budget campaign cart category coupon currency discount invoice item limit line method offer order package
    plan price product quote rate rule service setting stat subscription tax tier token
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
"""Heads of the names of records that have an amount and are no money on its way."""
_GIVES = frozenset(
    {
        "first",
        "get_model",
        "get_object",
        "get_object_or_404",
        "import_module",
        "import_string",
        "last",
        "load_object",
        "one",
        "settings",
    }
)
"""Functions of frameworks that give what the project has, or what a setting names."""
_QUERIES = frozenset(
    """
    all annotate desc distinct exclude filter_by group group_by in_ join mappings order_by outerjoin prefetch_related
    refresh refresh_from_db scalar scalar_one scalar_one_or_none scalars select select_for_update select_related
    unique where isoformat date model_dump model_validate dict construct total_seconds model_copy
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
"""Methods of queries, of dates and of models that read or copy."""
_SESSIONS = frozenset({"session", "db", "uow", "tx", "transaction", "repository", "repo"})
_READS_FIRST = frozenset(
    """
    as attach build calculate can check clean compute convert decode encode ensure error extract fail filter flash
    form format from generate get has info init invalidate is join list load log lookup make message normalize notify
    ok parse print query raise read record redirect render require resolve reverse serialize set should sign split
    start status strip timestamp to trace track validate verify warn wrap
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
_STANDARD = frozenset({*sys.stdlib_module_names, "builtins"}) - {"subprocess", "socket"}
_LOGS = frozenset(
    {
        "log",
        "logger",
        "logging",
        "span",
        "tracer",
        "metric",
        "console",
        "message",
        "mail",
        "email",
        "msg",
        "sms",
    }
)
_WRITES_FILES = frozenset({"json.dump", "pickle.dump", "urllib.request.urlopen", "os.system"})
_QUIET = frozenset(
    """
    PIL aiofiles asgiref attr attrs authlib base58 bcrypt bolt11 bs4 cachetools click cryptography dateutil dotenv
    environ furl google.protobuf grpc itsdangerous jinja2 jose jsonschema jwt limits loguru lxml markupsafe mcp
    msgspec opentelemetry orjson passlib phonenumbers prometheus_client pydantic_settings pydash pytz qrcode rich
    sentry_sdk simplejson six slowapi structlog tabulate tenacity tqdm typer tzlocal ujson uvicorn werkzeug xmltodict
    yaml yarl zoneinfo
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
"""Packages that compute, log and render, and move nothing."""


_CATALOGUE = PACKAGES.keys() | EXCHANGES.keys()


class LeftOpen:
    """Answers whether a call is left open."""

    def __init__(self, evaluator: Evaluator, rows: Rows, outside: OutsideSinks) -> None:
        self._evaluator = evaluator
        self._rows = rows
        self._outside = outside

    def is_open(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether a call that leads nowhere, and writes nothing that is known, may move money."""
        name = terminal(node.func)
        callees = list(options(self._evaluator.evaluate(node.func, scope, env)))
        if name[:1].isupper() or any(isinstance(callee, Klass) for callee in callees):
            return False  # an object is made
        owner = node.func.value if isinstance(node.func, ast.Attribute) else node.func
        if (
            name in _QUERIES
            or not _LOGS.isdisjoint(words(terminal(owner)))
            or terminal(getattr(owner, "func", owner)) == "super"
        ):
            return False
        dotted = [origin(callee) for callee in callees]
        packages = {each.partition(".")[0] for each in dotted if each}
        if packages & HTTP or (name in SENDS and not any(dotted)):
            return self._is_sent(node, name, scope, env)
        if any(each in _WRITES_FILES for each in dotted):
            return True
        if packages & _CATALOGUE:
            return False  # the catalogue decides what of it moves money
        if name in _KEEPS_ROWS:
            return not self._is_known_row(node, owner, scope, env)
        if name == "add" and not _SESSIONS.isdisjoint(words(terminal(owner))):
            return not self._is_known_row(node, owner, scope, env)
        is_given = any(not _GIVES.isdisjoint(each.split(".")) for each in dotted)
        if packages and not is_given and packages <= _STANDARD | _QUIET | FRAMEWORKS:
            return False
        if name in _RUNS:
            return not self._is_known_sql(node, scope, env)
        return _may_move(name)

    def _is_sent(self, node: ast.Call, name: str, scope: Scope, env: Environment) -> bool:
        """Whether something is written elsewhere, to a path that does not say that it only reads or configures."""
        if name not in SENDS and name != "send":
            return False
        if name == "request" and not self._outside.says_write(node, scope, env):
            return False
        given = [*node.args[:2], *(word.value for word in node.keywords if word.arg in {"url", "path"})]
        said = [
            text
            for each in given
            for option in options(self._evaluator.evaluate(each, scope, env))
            for text in texts(option)
            if "/" in text
        ]
        return not said or not all(reads(text) or reads(text.rpartition("/v")[0]) for text in said)

    def _is_known_row(self, node: ast.Call, owner: ast.expr, scope: Scope, env: Environment) -> bool:
        """Whether the kind of the rows is known that a call keeps: then it counts already, or is none of money."""
        records = list(self._rows.of(owner, scope, env))
        for each in () if records else (owner, *node.args[:1]):
            classes = self._rows.classes(each, scope, env)
            records += [
                record for klass in classes if (record := self._rows.records.of_class(klass)) is not None
            ]
        return bool(records) and not any(map(_may_be_money, records))

    def _is_known_sql(self, node: ast.Call, scope: Scope, env: Environment) -> bool:
        """Whether a statement is known: then it is a write that counts already, or none of money."""
        for argument in node.args[:1]:
            for option in options(self._evaluator.evaluate(argument, scope, env)):
                if any(texts(option)) or origin(option).startswith("sqlalchemy."):
                    return True
        return False


def is_carried(function: Func | Lambda, calls: Sequence[ast.AST]) -> bool:
    """Whether a function only carries what the calls before it ask, and that only reads or configures:
    ``client.post("/customers", …)``, whose ``post`` calls ``_request``.
    """
    if isinstance(function, Lambda) or not carries(function.node.name):
        return False
    asked = next(
        (call for call in reversed(calls) if isinstance(call, ast.Call) and not _hands_on(call)), None
    )
    return asked is not None and any(reads(text) for text in _written(asked))


def _hands_on(call: ast.Call) -> bool:
    """Whether a call spells no path."""
    return not any(True for _ in _written(call))


def _written(call: ast.Call) -> Iterator[str]:
    """The paths that a call spells."""
    for argument in (*call.args, *(word.value for word in call.keywords)):
        parts = argument.values if isinstance(argument, ast.JoinedStr) else [argument]
        text = "".join(
            part.value
            if isinstance(part, ast.Constant) and isinstance(part.value, str)
            else constants.UNKNOWN_PART
            for part in parts
        )
        if "/" in text and " " not in text:
            yield text


def _may_be_money(record: Record) -> bool:
    """Whether a record that is not taken for money has an amount all the same, and a name that does not say what it is."""
    head = words(record.name)[-1:]
    return not record.money and _NO_MONEY.isdisjoint(head) and any(map(is_amount, record.columns))


def _may_move(name: str) -> bool:
    """Whether a method of which only the name is known may move money."""
    parts = words(name)
    if not parts or only_reads(name) or name.startswith("__"):
        return name == ""
    if name in COMMON:
        return name in _HANDS_OVER
    return parts[0] not in _READS_FIRST


__all__ = ["LeftOpen", "is_carried"]
