"""The ``MCPServer`` of the package ``mcp``."""

from __future__ import annotations

from typing import Any

from mcp.server.mcpserver import MCPServer
from mcp.server.mcpserver.exceptions import ToolError

from idem_runtime.adapters.mcp.tool_call import ToolAdmission, ToolCall
from idem_runtime.adapters.mcp.tool_checks import ToolChecks
from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import admission_here
from idem_runtime.runtime import Runtime


def install(runtime: Runtime, server: MCPServer[Any], **options: Any) -> None:
    """Protect the marked tools of ``server``; options: :class:`idem_runtime.startup.route_checks.Checks`.

    :raises ConfigurationError: the server is protected already.
    """
    if "call_tool" in vars(server):
        raise ConfigurationError("idem.install(server) was called for this server before: one is enough")
    checks, call_tool = ToolChecks(runtime, options), server.call_tool
    manager: Any = server._tool_manager  # noqa: SLF001  # pyright: ignore[reportPrivateUsage] - the only list of functions

    async def called(name: str, arguments: dict[str, Any], context: Any = None) -> Any:
        if checks.due:
            checks.run(manager.list_tools())
        tool = manager.get_tool(name)
        if tool is None:
            return await call_tool(name, arguments, context)
        call = ToolCall(
            name=name,
            function=tool.fn,
            parameters=frozenset(tool.parameters.get("properties", ())),
            sent=arguments,
            meta=(context.request_context.meta if context is not None else None) or {},
            context=context,
            refusal=ToolError,
        )
        with admission_here(ToolAdmission(runtime, checks.rule, call)):
            return await call_tool(name, arguments, context)

    server.call_tool = called  # type: ignore[method-assign]  # - wrapped for this server only
