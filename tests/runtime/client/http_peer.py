"""A real HTTP server that answers what it is told, and the callers of it: one for each HTTP transport."""

from __future__ import annotations

import asyncio
import http.server
import json
import threading
from typing import Any

import httpx
import requests

from idem_runtime.client import CallPolicy
from idem_runtime.client.httpx import AsyncIdempotentTransport, IdempotentTransport
from idem_runtime.client.requests import IdempotentAdapter

QUICK = CallPolicy(attempts=4, first_pause=0, longest_pause=0)
TENANT = {"x-tenant": "alice"}
OK = "200", {}, b"{}"
Planned = tuple[str, dict[str, str], bytes]


class Server:
    """A real HTTP server that answers ``plan``, then OK; ``seen`` are the requests that came: headers and body."""

    def __init__(self) -> None:
        self.plan: list[Planned] = []
        self.seen: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                outer.serve(self)

            do_GET = do_PUT = do_POST

            def log_message(self, *args: Any) -> None:
                pass

        self.http = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        threading.Thread(target=self.http.serve_forever, args=(0.01,), daemon=True).start()

    def serve(self, request: Any) -> None:
        headers = {name.lower(): value for name, value in request.headers.items()}
        body = request.rfile.read(int(headers.get("content-length", 0)))
        if headers.get("transfer-encoding") == "chunked":
            while size := int(request.rfile.readline(), 16):
                body += request.rfile.read(size)
                request.rfile.readline()
            request.rfile.readline()
        self.seen.append((headers, body))
        status, more, content = self.plan.pop(0) if self.plan else OK
        request.send_response_only(int(status))
        framing = {} if "connection" in more else {"content-length": str(len(content))}
        for name, value in (framing | more).items():
            request.send_header(name, value)
        request.end_headers()
        request.wfile.write(content)
        request.close_connection = "connection" in more

    @property
    def keys(self) -> list[str | None]:
        return [headers.get("idempotency-key") for headers, _ in self.seen]


class Sync:
    def post(self, url: str, policy: CallPolicy = QUICK, **more: Any) -> Any:
        transport = IdempotentTransport(httpx.HTTPTransport(verify=False), policy)
        with httpx.Client(transport=transport, timeout=10) as client:
            return client.post(url, headers=TENANT, **more)

    read = staticmethod(httpx.Response.read)
    lost: Any = httpx.TransportError


class Async(Sync):
    def post(self, url: str, policy: CallPolicy = QUICK, **more: Any) -> Any:
        async def main() -> httpx.Response:
            transport = AsyncIdempotentTransport(httpx.AsyncHTTPTransport(verify=False), policy)
            async with httpx.AsyncClient(transport=transport, timeout=10) as client:
                return await client.post(url, headers=TENANT, **more)

        return asyncio.run(main())


class Requests(Sync):
    lost = requests.ConnectionError

    def post(self, url: str, policy: CallPolicy = QUICK, **more: Any) -> Any:
        with requests.Session() as session:
            session.trust_env = False
            session.mount("http://", IdempotentAdapter(policy=policy))
            if "content" in more:
                more["data"] = more.pop("content")
            return session.post(url, headers=TENANT, timeout=10, **more)


def problem(code: object, status: int = 409, **headers: str) -> Planned:
    content_type = {"content-type": "application/problem+json; charset=utf-8"}
    return str(status), {**content_type, **headers}, json.dumps({"code": code}).encode()
