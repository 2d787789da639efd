"""The standard library's servers: ``do_POST`` of a request handler, and functions that an XML-RPC server calls.

Source: http/server.py, xmlrpc/server.py (``register_function`` is a decorator or a call; every call arrives as a POST).
"""

from __future__ import annotations

from idem_lint.finding.interface import POST, Framework, Route, Slot, View

FRAMEWORK = Framework(
    name="stdlib_http",
    packages=("http.server", "xmlrpc.server"),
    titles=("http.server", "xmlrpc.server"),
    methods={
        "register_function": Route(
            fixed=POST,
            path=Slot(1, ("name",)),
            target=Slot(0, ("function",)),
            needs_path=False,
            bare=True,
            strict=True,
        ),
    },
    views=(View(bases=("*HTTPRequestHandler",), handlers={"do_POST": "POST"}),),
    tokens=("do_POST", "xmlrpc"),
    local=frozenset({"register_function"}),
)
