"""A request as the console sees it, whichever server took it, and a reply."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

FORM = "application/x-www-form-urlencoded"
MOST_FIELDS = 20


@dataclass(frozen=True, slots=True)
class ConsoleRequest:
    """What ``user=`` is asked about. ``path`` begins behind ``prefix``; header names are lower case.

    ``scope``: the ASGI scope, or the WSGI environment, with whatever the application's own middleware has put there.
    """

    method: str
    prefix: str
    path: str
    query: str
    headers: Mapping[str, str]
    scope: Mapping[str, Any]
    body: bytes = field(default=b"", repr=False)
    secure: bool = False

    @property
    def cookies(self) -> dict[str, str]:
        """By name."""
        return cookies_of(self.headers.get("cookie", ""))

    def parameters(self) -> dict[str, str]:
        """Of the query string: the last value of each name."""
        return _fields(self.query)

    def form(self) -> dict[str, str]:
        """Of a form that was sent: the last value of each name; nothing where it is not one."""
        kind = self.headers.get("content-type", "").partition(";")[0].strip().lower()
        if kind != FORM:
            return {}
        try:
            return _fields(self.body.decode())
        except UnicodeDecodeError:
            return {}


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out; ``headers`` are added to those that every page has."""

    status: int
    body: str = ""
    media_type: str = "text/html; charset=utf-8"
    headers: tuple[tuple[str, str], ...] = ()


def cookies_of(header: str) -> dict[str, str]:
    """What a browser sends; the standard library's parser refuses all for one whose name it does not like."""
    pairs = (part.strip().partition("=") for part in header.split(";"))
    return {name: value for name, _, value in pairs}


def _fields(text: str) -> dict[str, str]:
    try:
        pairs = parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS, errors="strict")
    except ValueError:
        return {}
    return {name: value for name, value in pairs if "\0" not in value}
