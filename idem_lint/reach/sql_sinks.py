"""Writes that SQL statements make: texts given to what executes them, composed, in constants or in files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Const, Environment, Items, Made, Value, options
from idem_lint.reach.file_texts import FileTexts
from idem_lint.reach.money_names import (
    is_amount,
    is_balance,
    is_money_table,
    is_settled,
    is_status,
    only_reads,
    says_money,
)
from idem_lint.reach.sink import Sink

RUNS_SQL = frozenset(
    {
        "execute",
        "executemany",
        "exec_driver_sql",
        "text",
        "fetch",
        "fetchrow",
        "fetchval",
        "fetchone",
        "fetch_one",
        "fetch_all",
        "fetch_val",
        "executescript",
        "execute_async",
        "exec",
        "query",
        "raw",
        "run",
        "sql",
        "prepare",
        "SQL",
    }
)
_SQL = re.compile(
    r"\b(?P<verb>insert\s+(?:or\s+\w+\s+)?into|update|merge\s+into|call|exec(?:ute)?)\s+[\"`\[]?(?:[\w{}…]+[\"`\]]?\.[\"`\[]?)?(?P<table>[\w]+)[\"`\]]?"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_COLUMN = re.compile(r"[\"`\[]?(\w+)[\"`\]]?\s*=")


class SqlSinks:
    """Finds the writes of calls that execute SQL."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._files = FileTexts(evaluator)

    def called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a call whose name is one of :data:`RUNS_SQL`."""
        for argument in node.args[:2]:
            for option in options(self.evaluator.evaluate(argument, scope, env)):
                for text in [*texts(option), *self._files.of(option)]:
                    found = sql_write(text)
                    if found is not None:
                        yield Sink("sql", found, node)


def texts(value: Value) -> Iterator[str]:
    """The strings of a value: of a constant, or of what a call that makes a statement was given."""
    if isinstance(value, Const):
        if isinstance(value.value, str):
            yield value.value
        elif isinstance(value.value, bytes):
            yield value.value.decode(errors="replace")
    elif isinstance(value, Items):
        for item in value.items:
            yield from texts(item)
    elif isinstance(value, Made):
        for argument in value.call.args[:1]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def sql_write(text: str) -> str | None:
    """What an SQL statement writes of money, as people say it; ``None`` where it writes none."""
    for found in _SQL.finditer(text):
        table, rest = found["table"], found["rest"]
        if found["verb"].lower().startswith(("call", "exec")):
            if says_money(table) and not only_reads(table):
                return f"CALL {table}"
        elif found["verb"].lower().startswith(("insert", "merge")):
            columns = re.findall(r"\w+", rest.partition(")")[0]) if "(" in rest[:4] else []
            if is_money_table(table) and (not columns or any(map(is_amount, columns))):
                return f"INSERT INTO {table}"
            if is_balance(table) and any(map(is_amount, columns)):
                return f"INSERT INTO {table}"
        elif re.match(r"\s*(?:as\s+\w+\s+|\w+\s+)?set\b", rest, re.IGNORECASE):
            assigned = _COLUMN.findall(re.split(r"\bwhere\b", rest, flags=re.IGNORECASE)[0])
            if any(map(is_balance, assigned)):
                return _update(table, next(filter(is_balance, assigned)))
            if is_money_table(table) and any(map(is_status, assigned)) and is_settled(rest):
                return _update(table, next(filter(is_status, assigned)))
    return None


def _update(table: str, column: str) -> str:
    return f"UPDATE {table} SET {column}"  # noqa: S608 - words for people
