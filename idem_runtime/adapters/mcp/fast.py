"""The ``FastMCP`` of the package ``fastmcp``."""

from __future__ import annotations

from typing import Any

from fastmcp import FastMCP
from fastmcp.exceptions import ToolError
from fastmcp.server.middleware import Middleware
from fastmcp.tools import FunctionTool

from idem_runtime.adapters.mcp.tool_call import ToolAdmission, ToolCall
from idem_runtime.adapters.mcp.tool_checks import ToolChecks
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import admission_here
from idem_runtime.runtime import Runtime


def install(runtime: Runtime, server: FastMCP[Any], **options: Any) -> None:
    """Protect the marked tools of ``server``; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: the server is protected already.
    """
    if any(isinstance(middleware, Seal) for middleware in server.middleware):
        raise ConfigurationError("idem.install(server) was called for this server before: one is enough")
    server.add_middleware(Seal(runtime, server, ToolChecks(runtime, options)))


class Seal(Middleware):
    """The middleware, the last that is added and so the innermost."""

    def __init__(self, runtime: Runtime, server: FastMCP[Any], checks: ToolChecks) -> None:
        """Nothing is checked yet: tools may still be added."""
        self._runtime = runtime
        self._server = server
        self._checks = checks

    async def on_call_tool(self, context: Any, call_next: Any) -> Any:
        """Call a tool."""
        if self._checks.due:
            tools = await self._server.list_tools(run_middleware=False)
            self._checks.run(tool for tool in tools if isinstance(tool, FunctionTool))
        name, here = context.message.name, context.fastmcp_context
        tool = await self._server.get_tool(name)
        if not isinstance(tool, FunctionTool):
            return await call_next(context)
        request = here.request_context
        call = ToolCall(
            name=name,
            function=tool.fn,
            parameters=frozenset(tool.parameters.get("properties", ())),
            sent=context.message.arguments or {},
            meta=(request.meta if request is not None else None) or {},
            context=here,
            refusal=ToolError,
        )
        with admission_here(ToolAdmission(self._runtime, self._checks.rule, call)):
            return await call_next(context)
