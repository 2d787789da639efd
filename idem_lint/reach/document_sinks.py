"""Writes to document stores: MongoDB, Firestore, DynamoDB, Redis; judged by the fields that are written."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import FunctionNode, Scope, positional, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    Applied,
    Const,
    Environment,
    Func,
    Items,
    Klass,
    Made,
    Member,
    Table,
    Value,
    options,
)
from idem_lint.reach.column_names import counts_credits, is_amount, is_balance, is_done, is_running, is_status
from idem_lint.reach.name_words import words
from idem_lint.reach.named_like_money import only_reads, says_money
from idem_lint.reach.paid_words import ends_paid, only_tells
from idem_lint.reach.record_names import is_money_table
from idem_lint.reach.records import columns_of
from idem_lint.reach.rows import Rows
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
        "add",
        "create",
        "create_many",
        "insert",
        "push",
        "rpc",
        "update",
        "upsert",
        "append",
    }
)
_INSERTS = frozenset(
    {
        "add",
        "create",
        "create_many",
        "insert",
        "insert_many",
        "insert_one",
        "push",
        "put_item",
        "set",
        "upsert",
    }
)
_INCREMENTS = frozenset({"hincrby", "hincrbyfloat", "incrby", "incrbyfloat", "decrby"})
_OPERATORS = frozenset({"$inc", "increment", "decrement"})
"""Keys below which, or operators by which, an amount is added to what is there."""
_CHANGES = _OPERATORS | {"$set", "SET", "ADD"}
_HANDLES = frozenset(
    {"table", "Table", "from_", "collection", "get_collection", "document", "child", "reference"}
)
"""What gives the handle of a table or collection of a store by its name."""
_COLLECTIONS = _HANDLES - {"document", "child", "reference"}
_SAVES = frozenset({("save",), ("dump",), ("write",), ("store",)})
"""How the name of what saves begins."""
_AS_DICT = frozenset({"dict", "model_dump", "to_dict", "asdict", "jsonable_encoder", "dump", "as_dict"})
"""What gives the values of an object as a document."""


class DocumentSinks:
    """Finds the writes of calls on collections, tables and documents."""

    def __init__(self, evaluator: Evaluator, rows: Rows) -> None:
        self.evaluator = evaluator
        self.rows = rows

    def called(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The writes of a call whose name is one of :data:`WRITES_DOCUMENTS`."""
        name = terminal(node.func)
        if name == "append":
            yield from self._appended(owner, node, scope, env)
        elif name == "rpc":
            yield from self._procedure(node, scope, env)
        elif name in _INCREMENTS or _sets_value(node, name):
            yield from self._incremented(node, scope, env)
        else:
            yield from self._written(owner, node, scope, env)
            yield from self._in_table(node, scope, env)

    def _in_table(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """``database.insert("payments", {"amount": …})`` of a helper that is given the table's name."""
        if terminal(node.func) not in {"insert", "create", "add", "upsert"} or not node.args:
            return
        table = self.evaluator.evaluate(node.args[0], scope, env)
        if isinstance(table, Const) and isinstance(table.value, str) and is_money_table(table.value):
            keys = {key for argument in node.args[1:] for key in self._keys(argument, scope, env)}
            keys |= {word.arg for word in node.keywords if word.arg is not None}
            if any(map(is_amount, keys)):
                yield Sink("document", f"{shown(node.func)}({table.value!r}, …)", node)

    def _written(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        given = [*node.args, *(word.value for word in node.keywords)]
        keys = {key for argument in given for key in self._keys(argument, scope, env)}
        collection = self._collection(owner, scope, env)
        is_handle = self._is_handle(owner, scope, env)
        is_own = (
            "_" in terminal(node.func) or is_handle
        )  # names that only stores have: ``insert_one``, ``put_item``
        if not (is_own or _CHANGES & keys or self._is_prisma(node, collection)):
            return
        changed = {key.rpartition(".")[2] for key in keys}
        is_balanced = any(map(is_balance, changed)) and (_CHANGES & keys or collection)
        is_counted = _OPERATORS & keys and any(is_running(key) or counts_credits(key) for key in changed)
        is_reckoned = (is_own or _CHANGES & keys) and any(self._is_counted(each, scope) for each in given)
        if is_balanced or is_counted or is_reckoned:
            yield Sink("document", f"{shown(node.func)}(…)", node)
        elif is_money_table(collection) and self._may_have_amount(node, collection, keys, given, scope, env):
            yield Sink("document", f"{shown(node.func)}(…) in {collection}", node)
        elif terminal(node.func) not in _INSERTS or _CHANGES & keys:
            yield from self._settled(node, collection, given, scope, env)

    def _settled(
        self, node: ast.Call, collection: str, given: list[ast.expr], scope: Scope, env: Environment
    ) -> Iterator[Sink]:
        """``payments.update_one(key, {"$set": {"status": "settled"}})``; of any collection where it says *paid*."""
        is_asked_first = terminal(node.func).endswith(("_one", "_many", "_update", "_replace"))
        for argument in given[1:] if is_asked_first else given:  # the first says which documents
            for column, status in self._statuses(argument, scope, env):
                is_end = ends_paid(column, status) and not only_tells(collection)
                is_end = is_end or (is_money_table(collection) and _is_done(column, status))
                is_open = status is None and is_money_table(collection)
                if is_end or is_open:
                    what = f"{shown(node.func)}({column}=…) in {collection}"
                    yield Sink("status", what, node, needs="an end" if is_open else "")
                    return

    def _statuses(
        self, node: ast.expr, scope: Scope, env: Environment
    ) -> Iterator[tuple[str, bool | str | None]]:
        """The columns of a document that are given a status, with what it says; ``None`` where that comes from outside."""
        stack: list[Value] = [self.evaluator.evaluate(node, scope, env)]
        while stack:
            value = stack.pop()
            for key, inner in value.pairs if isinstance(value, Table) else ():
                name = str(key.value) if isinstance(key, Const) else ""
                if name in {"$set", "set"}:
                    stack.append(inner)
                elif is_status(name.rpartition(".")[2]):
                    said = [option.value if isinstance(option, Const) else None for option in options(inner)]
                    yield from ((name, each) for each in said if each is None or isinstance(each, bool | str))

    def _may_have_amount(
        self,
        node: ast.Call,
        collection: str,
        keys: set[str],
        given: list[ast.expr],
        scope: Scope,
        env: Environment,
    ) -> bool:
        """Whether what is written to a collection of movements has an amount; a new document of unknown contents may."""
        if any(map(is_amount, keys)):
            return True
        is_ledger = words(collection)[-1:] == (
            "ledger",
        )  # of which many things are written that are no money
        if keys or is_ledger or not given or terminal(node.func) not in _INSERTS:
            return False
        columns = {column for argument in given[:1] for column in self._columns(argument, scope, env)}
        return not columns or any(map(is_amount, columns))

    def _columns(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[str]:
        """What the class of an object says that its document has: of ``payment.model_dump()``."""
        if isinstance(node, ast.Call) and terminal(node.func) in _AS_DICT:
            node = node.func.value if isinstance(node.func, ast.Attribute) else (node.args or [node])[0]
        for klass in self.rows.classes(node, scope, env):
            yield from columns_of(self.evaluator, klass)

    def _is_counted(self, node: ast.expr, scope: Scope) -> bool:
        """Whether an update makes the new value of what is counted of the old one: ``{"credits": row["credits"] - 1}``."""
        node = _bound_to(node, scope)
        pairs = list(zip(node.keys, node.values, strict=True)) if isinstance(node, ast.Dict) else []
        for key, value in pairs:
            name = key.value if isinstance(key, ast.Constant) and isinstance(key.value, str) else ""
            if name.startswith("$") and self._is_counted(value, scope):
                return True
            is_reckoned = any(isinstance(part, ast.BinOp) for part in ast.walk(_bound_to(value, scope)))
            is_rest = isinstance(value, ast.Name) and is_balance(value.id)
            if is_reckoned and (is_rest or is_running(name) or counts_credits(name)):
                return True
        return False

    def _is_handle(self, owner: ast.expr, scope: Scope, env: Environment) -> bool:
        """Whether something is a table, a collection or a document of a store, by how it was reached."""
        return any(
            terminal(made.call.func) in _HANDLES and made.call.args
            for option in options(self.evaluator.evaluate(owner, scope, env))
            for made in _calls(option)
        )

    def _is_prisma(self, node: ast.Call, collection: str) -> bool:
        """``db.payment.create(data={…})``, as Prisma's client for Python has it."""
        return bool(collection) and any(word.arg == "data" for word in node.keywords) and not node.args

    def _procedure(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """``supabase.rpc("transfer_funds", {…})``: a procedure of the database."""
        for argument in node.args[:1]:
            for option in options(self.evaluator.evaluate(argument, scope, env)):
                name = option.value if isinstance(option, Const) else ""
                if isinstance(name, str) and says_money(name) and not only_reads(name):
                    yield Sink("document", f"{shown(node.func)}({name!r})", node)

    def _incremented(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        named = [
            text
            for argument in node.args[:2]
            for option in options(self.evaluator.evaluate(argument, scope, env))
            for text in texts(option)
        ]
        is_plain = terminal(node.func) == "set"  # also what keeps settings under a name
        named = [text for text in named if not is_plain or ":" in text]
        if any(is_balance(text.replace("{…}", " ").replace(":", " ")) for text in named):
            yield Sink("document", f"{shown(node.func)}(…)", node)

    def _appended(self, owner: ast.expr, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """``data["payments"].append({"amount": …})`` of what a function then saves: a store that is a file."""
        if not isinstance(owner, ast.Subscript) or not node.args:
            return
        root: ast.expr = owner
        while isinstance(root, ast.Subscript | ast.Attribute | ast.Call):
            root = root.func if isinstance(root, ast.Call) else root.value
        keys = set(self._keys(node.args[0], scope, env))
        is_kept = isinstance(root, ast.Name) and _is_saved(root.id, scope)
        if is_kept and is_money_table(self._collection(owner, scope, env)) and any(map(is_amount, keys)):
            yield Sink("document", f"{shown(node.func)}(…)", node)

    def _keys(self, node: ast.expr, scope: Scope, env: Environment) -> Iterator[str]:
        for part in ast.walk(node):  # ``{"$inc": {Account.balance: amount}}``
            if isinstance(part, ast.Dict):
                yield from (key.attr for key in part.keys if isinstance(key, ast.Attribute))
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
        own = self._own_collection(owner, scope, env)
        if own:
            return own
        if isinstance(owner, ast.Subscript):
            key = self.evaluator.evaluate(owner.slice, scope, env)
            return key.value if isinstance(key, Const) and isinstance(key.value, str) else ""
        for option in options(self.evaluator.evaluate(owner, scope, env)):
            reached = self._collection_of(option)
            if reached:
                return reached
            if isinstance(option, Made) and option.call.args:
                name = self.evaluator.evaluate(option.call.args[0], option.scope, option.environment)
                if isinstance(name, Const) and isinstance(name.value, str):
                    return name.value
            if isinstance(option, Member) and option.name not in {"collection", "table", "db"}:
                return option.name
        return terminal(owner)

    def _collection_of(self, value: Value) -> str:
        """The collection whose document something is: ``store.collection("payments").document(key)``."""
        for made in _calls(value):
            if terminal(made.call.func) in _COLLECTIONS and made.call.args:
                name = self.evaluator.evaluate(made.call.args[0], made.scope, made.environment)
                if isinstance(name, Const) and isinstance(name.value, str):
                    return name.value
        return ""

    def _own_collection(self, owner: ast.expr, scope: Scope, env: Environment) -> str:
        """``self.collection``, where a constructor reads it of a database: ``self.collection = database[name]``."""
        if not (isinstance(owner, ast.Attribute) and terminal(owner.value) == "self"):
            return ""
        for instance in options(self.evaluator.evaluate(owner.value, scope, env)):
            klass = instance.callee if isinstance(instance, Made) else None
            for base in self.evaluator.mro(klass) if isinstance(klass, Klass) else ():
                for node, body in _methods(base) if isinstance(base, Klass) else ():
                    for binding in body.bindings.get(f"self.{owner.attr}", ()):
                        if isinstance(binding.node, ast.Subscript) and isinstance(instance, Made):
                            given = self._given(node, body, instance)
                            key = self.evaluator.evaluate(binding.node.slice, body, given)
                            if isinstance(key, Const) and isinstance(key.value, str):
                                return key.value
        return ""

    def _given(self, node: FunctionNode, body: Scope, instance: Made) -> Environment:
        """What a constructor was given, and the instance itself."""
        function = Func(node, body.parent or body)
        is_called = node.name == "__init__" and instance.call is not SELF
        given = self.evaluator.arguments(function, instance) if is_called else {}
        return {**given, **{(id(node), each.arg): instance for each in positional(node)[:1]}}


def _calls(value: Value) -> Iterator[Made]:
    """The calls by which something was reached, last first."""
    while isinstance(value, Made | Member | Applied):
        if isinstance(value, Made):
            yield value
            value = value.callee
        else:
            value = value.owner if isinstance(value, Member) else value.decorator


def _is_done(column: str, status: object) -> bool:
    return is_done(column) if status is True else isinstance(status, str) and is_done(status)


def _sets_value(node: ast.Call, name: str) -> bool:
    """``redis.set("balance:1", rest)``, with a value that the source does not have."""
    return name == "set" and len(node.args) > 1 and not isinstance(node.args[1], ast.Constant | ast.Dict)


def _methods(klass: Klass) -> Iterator[tuple[FunctionNode, Scope]]:
    for part in klass.node.body:
        if isinstance(part, FunctionNode):
            yield part, klass.module.scopes[part]


def _bound_to(node: ast.expr, scope: Scope) -> ast.expr:
    """What a name stands for in its function, where it is bound once."""
    bindings = scope.bindings.get(node.id, []) if isinstance(node, ast.Name) else []
    values = [binding.node for binding in bindings if isinstance(binding.node, ast.expr)]
    return values[0] if len(values) == 1 else node


def _is_saved(name: str, scope: Scope) -> bool:
    """Whether a function gives something to what saves: ``save(data)``, ``json.dump(data, file)``."""
    return any(
        isinstance(argument, ast.Name) and argument.id == name
        for node in ast.walk(scope.node)
        if isinstance(node, ast.Call) and words(terminal(node.func))[:1] in _SAVES
        for argument in node.args
    )
