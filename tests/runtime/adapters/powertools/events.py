"""HTTP requests as the events that AWS makes of them, and what a function returns as an HTTP response."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qsl

import httpx

Event = dict[str, Any]
Pairs = list[tuple[str, str]]

FORMATS = ("rest", "http", "url", "alb", "alb multi", "lattice", "lattice v2")


def joined(pairs: Pairs, by: str = ",") -> dict[str, str]:
    """Repeated names as the second format of API Gateway has them."""
    values: dict[str, str] = {}
    for name, value in pairs:
        values[name] = f"{values[name]}{by}{value}" if name in values else value
    return values


def listed(pairs: Pairs) -> dict[str, list[str]]:
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        values.setdefault(name, []).append(value)
    return values


def event_of(request: httpx.Request, kind: str, *, in_base64: bool = False) -> Event:
    """``request`` in the format ``kind``."""
    return event(
        kind,
        request.method,
        request.url.path,
        headers=[(name.decode(), value.decode()) for name, value in request.headers.raw],
        query=request.url.query.decode(),
        body=request.content,
        in_base64=in_base64,
    )


def event(
    kind: str,
    method: str,
    path: str,
    *,
    headers: Pairs,
    query: str = "",
    body: bytes = b"",
    in_base64: bool = False,
) -> Event:
    pairs = parse_qsl(query, keep_blank_values=True)
    sent = {
        "body": base64.b64encode(body).decode() if in_base64 else body.decode(),
        "isBase64Encoded": in_base64,
    }
    one = {"httpMethod": method, "path": path}
    if kind == "rest":
        return {
            **one,
            **sent,
            "resource": path,
            "headers": dict(headers),
            "multiValueHeaders": listed(headers),
            "queryStringParameters": dict(pairs) or None,
            "multiValueQueryStringParameters": listed(pairs) or None,
            "requestContext": {"stage": "prod", "path": f"/prod{path}", "httpMethod": method},
        }
    if kind in ("http", "url"):
        return {
            **sent,
            "version": "2.0",
            "rawPath": path,
            "rawQueryString": query,
            "headers": joined(headers),
            **({"queryStringParameters": joined(pairs)} if pairs else {}),
            "requestContext": {"stage": "$default", "http": {"method": method, "path": path}},
        }
    if kind == "alb":
        names = {"headers": dict(headers), "queryStringParameters": dict(pairs)}
        return {**one, **sent, **names, "requestContext": {"elb": {"targetGroupArn": "arn"}}}
    if kind == "alb multi":
        lists = {"multiValueHeaders": listed(headers), "multiValueQueryStringParameters": listed(pairs)}
        return {**one, **sent, **lists, "requestContext": {"elb": {"targetGroupArn": "arn"}}}
    if kind == "lattice":
        raw = f"{path}?{query}" if query else path
        first = {"raw_path": raw, "method": method, "headers": joined(headers), "body": sent["body"]}
        return {**first, "query_string_parameters": dict(pairs), "is_base64_encoded": in_base64}
    assert kind == "lattice v2"
    raw = f"{path}?{query}" if query else path
    names = {"headers": listed(headers), "queryStringParameters": listed(pairs)}
    return {**sent, **names, "version": "2.0", "path": raw, "method": method, "requestContext": {}}


def response_of(returned: dict[str, Any]) -> httpx.Response:
    """What the caller gets of what a function ``returned``."""
    headers: Pairs = [*(returned.get("headers") or {}).items()]
    for name, values in (returned.get("multiValueHeaders") or {}).items():
        headers += [(name, value) for value in values]
    headers += [("set-cookie", cookie) for cookie in returned.get("cookies") or ()]
    body = returned.get("body") or ""
    content = base64.b64decode(body) if returned.get("isBase64Encoded") else body.encode()
    return httpx.Response(returned["statusCode"], headers=headers, content=content)
