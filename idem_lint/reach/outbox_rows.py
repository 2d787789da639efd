"""Messages that are kept with the rest and sent later (transactional outbox): a row whose topic or type asks for money to
move is an instruction to whoever sends it on.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import islice

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Environment, Klass, Table, Value, options
from idem_lint.reach.name_words import words
from idem_lint.reach.records import Record
from idem_lint.reach.rows import Rows
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.sql_sinks import texts
from idem_lint.reach.topics import asks_by_topic

_CREATES = frozenset({"create", "acreate", "insert", "get_or_create"})
_WAITS = frozenset({"outgoing", "pending", "queued", "scheduled"})
_ASKS = frozenset({"command", "event", "instruction", "job", "message", "task"})
_TYPES = frozenset(
    """
    action channel command command_name command_type event event_name event_type job_type kind message_type name queue
    routing_key subject task task_name topic type
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
_INSERT = re.compile(
    r"\binsert\s+into\s+[\"`\[]?(?:\w+\.)?(?P<table>\w+)[\"`\]]?(?P<rest>.*)", re.IGNORECASE | re.DOTALL
)
_QUOTED = re.compile(r"'([^']*)'")


class OutboxRows:
    """Finds rows of an outbox that ask for money to move."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self._evaluator = evaluator
        self._rows = rows

    def called(self, node: ast.Call, callee: Value, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call that makes a row, where it is one of an outbox."""
        sinks = (
            Sink(
                "message",
                f"{shown(node.func)}(…) of {topic}",
                node,
                isinstance(callee, Klass) and not record.inserts,
            )
            for record in self._made(node, callee, scope, env)
            for topic in self._topics(node, scope, env)
        )
        yield from islice(sinks, 1)

    def inserted(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a statement that is executed: ``INSERT INTO outbox (topic, …) VALUES ('payments.transfer', …)``."""
        for argument in node.args[:1]:
            for option in options(self._evaluator.evaluate(argument, scope, env)):
                for text in texts(option):
                    found = _INSERT.search(text)
                    if found is not None and is_outbox(found["table"]):
                        given = [*_QUOTED.findall(found["rest"]), *self._parameters(node, scope, env)]
                        topics = [topic for topic in given if asks_by_topic(topic)]
                        yield from (
                            Sink("message", f"INSERT INTO {found['table']} of {topic}", node)
                            for topic in topics[:1]
                        )

    def _made(self, node: ast.Call, callee: Value, scope: Scope, env: Environment) -> Iterator[Record]:
        """The records of an outbox of which a call makes a row."""
        if not node.keywords:
            return
        classes = [option for option in options(callee) if isinstance(option, Klass)]
        if isinstance(node.func, ast.Attribute) and node.func.attr in _CREATES:
            classes = self._rows.classes(node.func.value, scope, env)
        for klass in classes:
            record = self._rows.records.of_class(klass) if is_outbox(klass.node.name) else None
            if record is not None:
                yield record

    def _topics(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[str]:
        for word in node.keywords:
            if word.arg in _TYPES:
                values = options(self._evaluator.evaluate(word.value, scope, env))
                yield from filter(asks_by_topic, (text for value in values for text in texts(value)))

    def _parameters(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[str]:
        """The texts among the parameters of a statement."""
        for argument in node.args[1:]:
            for option in options(self._evaluator.evaluate(argument, scope, env)):
                given = [value for _, value in option.pairs] if isinstance(option, Table) else [option]
                yield from (text for value in given for text in texts(value))


def is_outbox(name: str) -> bool:
    """Whether a table or a class of this name holds what is sent later: ``OutboxMessage``, ``PendingCommand``."""
    parts = words(name)
    return "outbox" in parts or (not _WAITS.isdisjoint(parts) and not _ASKS.isdisjoint(parts))


__all__ = ["OutboxRows", "is_outbox"]
