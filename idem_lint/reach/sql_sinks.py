"""Writes that SQL statements make: texts given to what executes them, composed, in constants or in files."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Const, Environment, Items, Made, Value, options
from idem_lint.reach.action_names import asks_to_move
from idem_lint.reach.balance_copies import copies_in_sql, is_reading
from idem_lint.reach.column_names import (
    counts_credits,
    is_amount,
    is_balance,
    is_credit,
    is_purse,
    is_running,
    is_settled,
    is_status,
)
from idem_lint.reach.file_texts import FileTexts
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import only_reads, says_money
from idem_lint.reach.paid_words import ends_paid, is_paid_flag, is_time_of_payment, only_tells
from idem_lint.reach.record_names import is_holder, is_money_table
from idem_lint.reach.record_shapes import is_paid, is_spent
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
        "callproc",
    }
)
_SQL = re.compile(
    r"\b(?P<verb>insert\s+(?:or\s+\w+\s+)?into|update|merge\s+into|call|exec(?:ute)?)\s+[\"`\[]?(?:[\w{}…]+[\"`\]]?\.[\"`\[]?)?(?P<table>[\w]+)[\"`\]]?"
    r"(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_GIVEN = re.compile(r"[\"`\[]?(\w+)[\"`\]]?\s*=\s*('[^']*'|\"[^\"]*\"|\w+\(?)")
"""A column, and the literal or the beginning of what it is given."""
_COLUMN = re.compile(r"[\"`\[]?(\w+)[\"`\]]?\s*=")


class SqlSinks:
    """Finds the writes of calls that execute SQL."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator
        self._files = FileTexts(evaluator)

    def called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a call whose name is one of :data:`RUNS_SQL`."""
        if terminal(node.func) == "callproc":
            yield from self._procedure(node, scope, env)
        for argument in node.args[:2]:
            is_filled = isinstance(argument, ast.BinOp) and isinstance(argument.op, ast.Mod)
            given = (
                argument.left if is_filled and isinstance(argument, ast.BinOp) else argument
            )  # ``"UPDATE … %s" % (amount, key)``
            for option in options(self.evaluator.evaluate(given, scope, env)):
                for text in [*texts(option), *self._files.of(option)]:
                    found = sql_write(text)
                    if found is not None and not copies_in_sql(text, node, scope):
                        yield Sink("sql", found, node)

    def _procedure(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """``cursor.callproc("transfer_funds", …)``."""
        for argument in node.args[:1]:
            for name in texts(self.evaluator.evaluate(argument, scope, env)):
                if says_money(name) and not only_reads(name):
                    yield Sink("sql", f"CALL {name}", node)


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
        composed = _composed(value)
        if composed:
            yield composed
        for argument in value.call.args[:1]:
            if isinstance(argument, ast.Constant) and isinstance(argument.value, str):
                yield argument.value


def _composed(made: Made) -> str:
    """``sql.SQL("INSERT INTO {} …").format(sql.Identifier("payments"))``, as it will be sent."""
    func = made.call.func
    if not (isinstance(func, ast.Attribute) and func.attr == "format" and isinstance(func.value, ast.Call)):
        return ""
    given = [argument for argument in func.value.args[:1] if isinstance(argument, ast.Constant)]
    text = str(given[0].value) if given else ""
    for argument in made.call.args:
        named = [part.value for part in ast.walk(argument) if isinstance(part, ast.Constant)]
        text = text.replace("{}", str(named[-1]) if named else "…", 1)
    return text


_FUNCTION = re.compile(r"^\s*select\s+(?:\*\s+from\s+)?(?:\w+\.)?(?P<name>\w+)\s*\(", re.IGNORECASE)


def sql_write(text: str) -> str | None:
    """What an SQL statement writes of money, as people say it; ``None`` where it writes none."""
    function = _FUNCTION.match(text)
    if function is not None and asks_to_move(function["name"]) and not only_reads(function["name"]):
        return f"SELECT {function['name']}(…)"
    return next(filter(None, map(_statement, _SQL.finditer(text))), None)


def _statement(found: re.Match[str]) -> str | None:
    """What one statement writes: a row, a column, or what a procedure is called after."""
    table, rest, verb = found["table"], found["rest"], found["verb"].lower()
    if verb.startswith(("call", "exec")):
        return f"CALL {table}" if says_money(table) and not only_reads(table) else None
    if verb.startswith(("insert", "merge")):
        columns = re.findall(r"\w+", rest.partition(")")[0]) if "(" in rest[:4] else []
        has_amount = any(map(is_amount, columns))
        is_held = is_balance(table) and has_amount and not is_reading(table, columns)
        is_row = (is_money_table(table) and (not columns or has_amount)) or is_held
        is_row = is_row or (has_amount and is_money_table(_of_versions(table, columns)))
        is_row = is_row or is_spent(table, frozenset(columns)) or is_paid(table, frozenset(columns))
        return f"INSERT INTO {table}" if is_row else None
    if not re.match(r"\s*(?:as\s+\w+\s+|\w+\s+)?set\b", rest, re.IGNORECASE):
        return None
    changes = re.split(r"\bwhere\b", rest, flags=re.IGNORECASE)[0]
    assigned = _COLUMN.findall(changes)
    balances = [column for column in assigned if is_balance(column) or _is_counted(column, table, rest)]
    if balances:
        return _update(table, balances[0])
    statuses = [column for column in assigned if is_status(column)]
    if is_money_table(table) and statuses and is_settled(rest):
        return _update(table, statuses[0])
    paid = (
        []
        if only_tells(table)
        else [column for column, said in _GIVEN.findall(changes) if _pays(column, said)]
    )
    return _update(table, paid[0]) if paid else None


_VERSIONS = re.compile(r"_(?:history|versions?|revisions?)$", re.IGNORECASE)


def _of_versions(table: str, columns: list[str]) -> str:
    """The table whose rows a table keeps in all their versions, the last of which is the row itself: ``payment_history``
    with a ``revision_id``. Empty for a history that only tells what was.
    """
    is_versioned = any(not {"revision", "version"}.isdisjoint(words(column)) for column in columns)
    return _VERSIONS.sub("", table) if is_versioned and _VERSIONS.search(table) else ""


def _pays(column: str, said: str) -> bool:
    """Whether a column is given what says that money has come: ``status = 'paid'``, ``is_paid = 1``, ``paid_at = now()``."""
    if is_time_of_payment(column):
        return "(" in said or said.lower() == "current_timestamp"
    if not is_status(column) and not is_paid_flag(column):
        return False
    return ends_paid(column, True if said.lower() in {"1", "true", "'t'", "'y'"} else said.strip("'\""))


def _is_counted(column: str, table: str, rest: str) -> bool:
    """Whether a column that says how much there is by now is counted up or down, or what a holder has is set."""
    in_place = rf"\b{column}\b[\"`\]]?\s*=\s*(?:\w+\()?[\"`\[]?(?:\w+\.)?{column}\b[^,]*?[+-]"
    is_amount_held = is_holder(table) and is_credit(column)
    if (is_running(column) or counts_credits(column) or is_amount_held) and re.search(
        in_place, rest, re.IGNORECASE
    ):
        return True
    return is_holder(table) and is_purse(column)


def _update(table: str, column: str) -> str:
    return f"UPDATE {table} SET {column}"  # noqa: S608 - words for people
