"""Which marked RPCs take a request without a field for the key (ADR-007: ``string idempotency_key``)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

from idem_lint.engine.module_facts import Module
from idem_lint.finding.interface import Registration
from idem_lint.judging.handler_verdicts import Assembler
from idem_lint.judging.protocol_files import ProtocolFiles, of_stub
from idem_lint.result_types import Handler, RpcRequest
from idem_lint.source.discovery import decode


class RpcKeys:
    """Asks the RPCs of the judged files; ``files`` are those below their project's root."""

    def __init__(self, assembler: Assembler, modules: Iterable[Module], files: ProtocolFiles) -> None:
        self._assembler = assembler
        self._modules = list(modules)
        self._files = files

    def add(self, judged: frozenset[Path]) -> None:
        """Note at handlers the request message that has no field for the key."""
        for number, (definition, registrations) in self._assembler.definitions.items():
            handler = self._assembler.handlers[number]
            if definition.scope.module.path in judged and _is_asked(handler):
                request = self._request(registrations)
                if request is not None and not request.has_key:
                    self._assembler.handlers[number] = replace(handler, keyless=request)

    def _request(self, registrations: tuple[Registration, ...]) -> RpcRequest | None:
        service, _, method = (registrations[0].route or "").lstrip("/…").rpartition("/")
        return self._files.request(service, method) or self._of_stubs(service, method)

    def _of_stubs(self, service: str, method: str) -> RpcRequest | None:
        name = service.rpartition(".")[2]
        for module in self._modules:
            if module.name.endswith("_pb2_grpc"):
                found = of_stub(module.path, decode(module.source), name, method)
                if found is not None:
                    return found
        return None


def _is_asked(handler: Handler) -> bool:
    """Whether a handler is a marked RPC whose mark does not say itself where the key is."""
    marks = [mark for mark in handler.effective() if mark.name == "money_moving"]
    return handler.is_rpc and bool(marks) and not any(mark.has_key for mark in marks)
