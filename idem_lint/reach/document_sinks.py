"""Writes to document stores: MongoDB, Firestore, DynamoDB, Redis; judged by the fields that are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope, terminal
from idem_lint.engine.value_types import Const, Environment, Items, Made, Member, Table, Value, options
from idem_lint.reach.money_names import is_amount, is_balance, is_money_table
from idem_lint.reach.sink import Sink, shown
from idem_lint.reach.sql_sinks import texts

WRITES_DOCUMENTS = frozenset(
    {
        "insert_one",
        "insert_many",
        "update_one",
        "update_many",
        "find_one_and_update",
        "replace_one",
        "find_one_and_replace",
        "put_item",
        "update_item",
        "transact_write_items",
        "set",
        "hincrby",
        "hincrbyfloat",
        "incrby",
        "incrbyfloat",
        "decrby",
        "batch_write_item",
    }
)


class DocumentSinks:
    """Finds the writes of calls on collections, tables and documents."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def called(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a call whose name is one of :data:`WRITES_DOCUMENTS`."""
        keys = {
            key
            for argument in [*node.args, *(word.value for word in node.keywords)]
            for key in self._keys(argument, scope, env)
        }
        collection = self._collection(owner, scope, env)
        is_increment = not keys.isdisjoint({"$inc", "$set", "SET", "ADD"})
        if any(is_balance(key.rpartition(".")[2]) for key in keys) and (is_increment or collection):
            yield Sink("document", f"{shown(node.func)}(…)", node)
        elif is_money_table(collection) and any(map(is_amount, keys)):
            yield Sink("document", f"{shown(node.func)}(…) in {collection}", node)
        elif terminal(node.func) in {"hincrby", "hincrbyfloat", "incrby", "incrbyfloat", "decrby"}:
            named = [
                t
                for argument in node.args[:2]
                for o in options(self.evaluator.evaluate(argument, scope, env))
                for t in texts(o)
            ]
            if any(is_balance(text.replace("{…}", " ")) for text in named):
                yield Sink("document", f"{shown(node.func)}(…)", node)

    def _keys(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[str]:
        stack: list[Value] = [self.evaluator.evaluate(node, scope, env)]
        while stack:
            value = stack.pop()
            if isinstance(value, Table):
                for key, inner in value.pairs:
                    if isinstance(key, Const) and isinstance(key.value, str):
                        yield key.value
                    stack.append(inner)
            elif isinstance(value, Items):
                stack.extend(value.items)
            elif isinstance(value, Const) and isinstance(value.value, str):
                if re.search(r"\b(?:SET|ADD)\b", value.value):  # an update expression of DynamoDB
                    yield from re.findall(r"\b[a-zA-Z_]\w+\b", value.value)

    def _collection(self, owner: ast.expr, scope: Scope, env: Environment) -> str:
        if isinstance(owner, ast.Subscript):
            key = self.evaluator.evaluate(owner.slice, scope, env)
            return key.value if isinstance(key, Const) and isinstance(key.value, str) else ""
        for option in options(self.evaluator.evaluate(owner, scope, env)):
            if isinstance(option, Made) and option.call.args:
                name = self.evaluator.evaluate(option.call.args[0], option.scope, option.environment)
                if isinstance(name, Const) and isinstance(name.value, str):
                    return name.value
            if isinstance(option, Member) and option.name not in {"collection", "table", "db"}:
                return option.name
        return terminal(owner)
