"""Commands that are texts or lists of words: ``run(f"buy {symbol} {count}")``, ``run(["lncli", "payinvoice", invoice])``."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from itertools import islice, takewhile

from idem_lint.engine import constants
from idem_lint.engine.evaluator import Evaluator
from idem_lint.engine.module_facts import Scope
from idem_lint.engine.value_types import Const, Environment, Items, Value, options
from idem_lint.reach import providers
from idem_lint.reach.sink import Sink, shown

RUNS = frozenset(
    """
    Popen call check_call check_output cmd command create_subprocess_exec create_subprocess_shell exec_command execute
    execute_command execute_line getoutput onecmd run run_command run_line send_command shell system
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
_PROGRAMS = frozenset(
    """
    bitcoin-cli bitcoind-cli cast cleos dogecoin-cli electrum geth icli lightning-cli litecoin-cli lncli near spl-token
    solana stripe tezos-client xrpl
    """.split()  # noqa: SIM905 - a column of words would be longer than the module
)
"""Programs that pay, by the names that their manuals use."""
_VERBS = frozenset({"buy", "pay", "sell", "send", "transfer", "withdraw"})


class TextCommands:
    """Finds calls that run a command which moves money."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def called(self, node: ast.Call, scope: Scope, env: Environment) -> Iterator[Sink]:
        """The write of a call whose name is one of :data:`RUNS`."""
        commands = (
            _parts(option)
            for argument in node.args[:1]
            for option in options(self._evaluator.evaluate(argument, scope, env))
        )
        moving = (parts for parts, is_filled in commands if moves(parts, is_filled=is_filled))
        for parts in islice(moving, 1):
            yield Sink("provider", f"{shown(node.func)}({' '.join(parts)} …)", node)


def moves(parts: list[str], *, is_filled: bool) -> bool:
    """Whether a command moves money, going by its first words; ``is_filled``: something that nobody knows follows them."""
    if any(providers.is_whole(part) for part in parts[:3]):
        return True
    if parts and parts[0] in _PROGRAMS:
        return not _VERBS.isdisjoint(parts[1:3])
    return is_filled and len(parts) == 1 and parts[0] in _VERBS


def _parts(value: Value) -> tuple[list[str], bool]:
    """The words of a command up to the first that is not known, and whether there is such a one."""
    if isinstance(value, Const) and isinstance(value.value, str):
        head, unknown, _ = value.value.partition(constants.UNKNOWN_PART)
        return head.split(), bool(unknown)
    given = list(value.items) if isinstance(value, Items) else []
    told = [
        item.value
        for item in takewhile(lambda item: isinstance(item, Const) and isinstance(item.value, str), given)
        if isinstance(item, Const)
    ]
    return [str(text) for text in told], len(told) < len(given)


__all__ = ["RUNS", "TextCommands", "moves"]
