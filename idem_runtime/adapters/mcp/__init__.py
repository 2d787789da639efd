"""Tools of MCP servers, which agents call: a tool call is one execution of a plain function, under the call's own key.

A file for each package: the SDK's ``MCPServer`` and ``fastmcp``'s ``FastMCP``.
"""
