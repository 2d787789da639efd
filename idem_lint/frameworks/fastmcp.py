"""MCP servers: tools, which a client calls with a POST, and routes of their own (``custom_route``).

Source: fastmcp/server/server.py, fastmcp/server/mixins/transport.py, fastmcp/tools, mcp/server (the same decorators
under the names ``FastMCP`` and ``MCPServer``; a low-level ``Server`` has one handler for all its tools, ``call_tool``).
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.module_facts import terminal
from idem_lint.engine.value_types import Const, Made, Value, options
from idem_lint.finding import runtime_adapters
from idem_lint.finding.interface import POST, Framework, Registration, Route, Slot

if TYPE_CHECKING:
    from idem_lint.engine.parameter_binding import Arguments
    from idem_lint.finding.interface import Finder

_NAME = Slot(0, ("name", "name_or_fn"))
_FUNCTION = Slot(0, ("fn", "tool"))
_TOOL = Route(fixed=POST, path=_NAME, needs_path=False, strict=True, bare=True)
_MAKERS = frozenset({"from_function", "Tool", "FunctionTool"})


def _refine(finder: Finder, found: Registration, _given: Arguments) -> Iterator[Registration]:
    """A tool that is made from a function is that function; its name may stand behind it: ``tool(pay, name="pay")``."""
    if found.route is None and isinstance(found.node, ast.Call):
        given = parameter_binding.read(found.node, finder.evaluator, found.scope, {})
        name = given.keywords.get("name")
        found = (
            replace(found, route=name.value)
            if isinstance(name, Const) and isinstance(name.value, str)
            else found
        )
    for option in options(found.target):
        yield replace(found, target=_made_from(finder, option))


def _made_from(finder: Finder, target: Value) -> Value:
    if isinstance(target, Made) and terminal(target.call.func) in _MAKERS:
        return parameter_binding.of(target, finder.evaluator).get(_FUNCTION) or target
    return target


FRAMEWORK = Framework(
    name="mcp",
    packages=("fastmcp", "mcp"),
    titles=("FastMCP", "MCP Python SDK"),
    adapter=runtime_adapters.MCP,
    methods={
        "custom_route": Route(methods=Slot(1, ("methods",)), strict=True),
        "tool": _TOOL,
        "call_tool": Route(fixed=POST, path=Slot(None), needs_path=False, strict=True),
        "add_tool": Route(
            fixed=POST, path=Slot(None, ("name",)), target=_FUNCTION, needs_path=False, strict=True
        ),
    },
    functions={
        "tool": _TOOL,
        "Server": Route(fixed=POST, path=Slot(None), target=Slot(None, ("on_call_tool",)), needs_path=False),
    },
    refine=_refine,
    shares_its_name=True,
    tokens=("fastmcp", r"mcp\.server"),
    local=frozenset({"tool", "call_tool", "add_tool", "custom_route", "Server"}),
)
