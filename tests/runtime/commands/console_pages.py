"""A browser of the console's pages without a browser: follows redirects, keeps cookies, fills forms."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from starlette.applications import Starlette
from starlette.routing import Mount
from starlette.testclient import TestClient

from idem_runtime import Idempotency

PREFIX = "/ops/idempotency"
SAME_SITE = {"sec-fetch-site": "same-origin"}


class Forms(HTMLParser):
    """The hidden fields of each form of a page, by the form's action."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: dict[str, dict[str, str]] = {}
        self.text: list[str] = []
        self._action = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._action = values["action"]
            self.fields[self._action] = {}
        if tag == "input" and values.get("type") == "hidden":
            self.fields[self._action][values["name"]] = values["value"]

    def handle_data(self, data: str) -> None:
        self.text.append(data)


@dataclass
class Visitor:
    """One browser with one user; ``who`` is what the application's own sign-in says."""

    client: TestClient
    who: str
    headers: dict[str, str] = field(default_factory=lambda: dict(SAME_SITE))

    def get(self, path: str, **parameters: str) -> tuple[int, str]:
        """The status and text of a page."""
        return self._said(self.client.get(PREFIX + path, params=parameters, headers={"x-user": self.who}))

    def send(
        self, page: str, path: str, *, query: dict[str, str] | None = None, **typed: str
    ) -> tuple[int, str]:
        """Open ``page``, fill its form that goes to ``path`` and send it."""
        opened = self.client.get(PREFIX + page, params=query or {}, headers={"x-user": self.who})
        hidden = forms(opened.text).fields[PREFIX + path]
        return self.post(path, **(hidden | typed))

    def post(self, path: str, **form: str) -> tuple[int, str]:
        """Send a form."""
        headers = {"x-user": self.who, **self.headers}
        return self._said(self.client.post(PREFIX + path, data=form, headers=headers))

    def _said(self, response: Any) -> tuple[int, str]:
        return response.status_code, " ".join(" ".join(forms(response.text).text).split())


def forms(page: str) -> Forms:
    parser = Forms()
    parser.feed(page)
    return parser


def application(idem: Idempotency, **rights: Any) -> Starlette:
    """An application that signs its users in by a header, with the console below a path."""
    console = idem.console(user=lambda request: request.headers.get("x-user"), **rights)
    return mounted(console)


def mounted(console: Any) -> Starlette:
    """An application that has the console below a path."""
    return Starlette(routes=[Mount(PREFIX, app=console)])


def client(idem: Idempotency, **rights: Any) -> TestClient:
    return TestClient(application(idem, **rights))


def links(page: str) -> list[str]:
    return re.findall(r'href="([^"]*)"', page)
