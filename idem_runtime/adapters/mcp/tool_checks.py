"""What is checked of the tools of a server before the first of them is called."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from idem_runtime.runtime import Runtime
from idem_runtime.startup.connection_check import Functions
from idem_runtime.startup.route_checks import Checks, Endpoint


class ToolChecks:
    """The checks of one server. A tool that says it only reads (``readOnlyHint``) needs no mark."""

    def __init__(self, runtime: Runtime, options: Mapping[str, Any]) -> None:
        """``options``: those of :class:`idem_runtime.startup.route_checks.Checks`."""
        self.runtime = runtime
        self._checks = Checks.of(runtime, options)
        self.rule = Functions(self._checks.without_connection)
        self._checked = False

    @property
    def due(self) -> bool:
        """Whether the tools are still to be checked."""
        return not self._checked

    def run(self, tools: Iterable[Any]) -> None:
        """Check ``tools``.

        :raises ConfigurationError: names every one that is refused; at every call, as long as one is.
        """
        self._checks.run(_endpoint(tool) for tool in tools)
        self._checked = True


def _endpoint(tool: Any) -> Endpoint:
    reads = tool.annotations is not None and tool.annotations.read_only_hint
    return Endpoint(f"tools/{tool.name}", frozenset({"GET" if reads else "POST"}), tool.fn)
