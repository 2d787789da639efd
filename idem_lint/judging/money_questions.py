"""What is asked about money once all handlers are known: their ways to the transaction, where money goes from them and from
the other entry points. What an answer needs is imported when it is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from idem_lint.engine.imports import ProjectModules
from idem_lint.engine.module_facts import Module
from idem_lint.engine.node_numbers import Sharing
from idem_lint.engine.several_processes import Processes
from idem_lint.judging.followed import Follow, Wanted
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.internal_faults import Faults
from idem_lint.judging.shown_connection import ShownConnections
from idem_lint.result_types import EntryPoint, Explanation
from idem_lint.settings.config import Config

_LEDGER_MARK = b"ledger_write"


class MoneyQuestions:
    """Asks about the judged files of one project, of which ``files`` are in view."""

    def __init__(
        self,
        assembler: Assembler,
        modules: ProjectModules,
        every: Iterable[Config],
        *,
        files: Iterable[Path],
        judged: frozenset[Path],
        faults: Faults,
        processes: Processes,
    ) -> None:
        self._assembler = assembler
        self._modules = modules
        self._every = list(every)
        self._files = list(files)
        self._judged = judged
        self._faults = faults
        self._sharing = Sharing(processes, self._loaded)
        self._shown: ShownConnections | None = None
        self.explanation: Explanation | None = None
        """The answer about the line that :class:`Follow` names."""

    def ask_for_connections(self) -> None:
        """Ask the marked handlers whether they show where they get their transaction."""
        if any(handler.mark == "money_moving" for handler in self._assembler.handlers):
            self._shown = ShownConnections(self._assembler, self._loaded(), self._faults)
            self._shown.add(self._judged)

    def ask_for_keys(self, root: Path) -> None:
        """Ask the marked RPCs for the field of their request that holds the key; ``root`` is the project's."""
        if any(handler.is_rpc and handler.mark == "money_moving" for handler in self._assembler.handlers):
            from idem_lint.judging.protocol_files import ProtocolFiles
            from idem_lint.judging.rpc_keys import RpcKeys

            files = ProtocolFiles(root, self._modules.sources.errors)
            RpcKeys(self._assembler, self._loaded(), files).add(self._judged)

    def follow(self, wanted: Follow) -> list[EntryPoint]:
        """Ask of these handlers and entry points where the money goes."""
        if not self._has_to(wanted):
            return []
        from idem_lint.judging.ended_transactions import EndedTransactions
        from idem_lint.judging.entry_points import EntryPoints
        from idem_lint.judging.money_map import MoneyMap

        asked = wanted.entry_points or Wanted()
        if not asked.listed:
            asked = asked._replace(sure_everywhere=self._names_ledger())
        money = MoneyMap(self._assembler, self._every, self._faults, self._sharing, past_marks=asked.listed)
        money.add(lambda handler: wanted.handlers(handler) or asked.wants_handler(handler))
        if self._shown is not None:
            EndedTransactions(self._assembler, money, self._shown, self._faults).add(self._judged)
        if wanted.entry_points is None:
            return []
        points = EntryPoints(self._assembler, money, self._faults, self._sharing)
        entries = points.of(self._loaded(), self._judged, asked)
        if wanted.line is not None:
            from idem_lint.judging.explanations import Explanations

            explanations = Explanations(self._assembler, money, self._loaded(), entries)
            self.explanation = explanations.of(*wanted.line)
        return entries

    def _has_to(self, wanted: Follow) -> bool:
        """Whether there can be anything to follow."""
        asked = wanted.entry_points or Wanted()
        return (
            asked.listed
            or asked.likely_everywhere
            or self._shown is not None
            or bool(self._assembler.others)
            or any(map(wanted.handlers, self._assembler.handlers))
            or any(self._assembler.domains.of_path(path) is not None for path in self._judged)
            or self._names_ledger()
        )

    def _names_ledger(self) -> bool:
        """Whether the project says itself which of its functions write the ledger."""
        words = self._modules.sources.words
        return any(each.ledger_writes for each in self._every) or any(
            _LEDGER_MARK in words(path) for path in self._files
        )

    def _loaded(self) -> list[Module]:
        return self._modules.in_view()
