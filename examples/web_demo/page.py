"""The page: rendered by the server, works without JavaScript, loads nothing from elsewhere."""

from __future__ import annotations

import asyncio
import itertools
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs
from uuid import uuid4

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from web_demo.side import Books, Fate, Kill, Payment, Press, Side

HERE = Path(__file__).resolve().parent
AMOUNT = 4000
"""Cents of each payment."""
STORM = 50
HEADERS = {
    "content-security-policy": "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self';"
    " form-action 'self'; base-uri 'none'; frame-ancestors 'none'; img-src data:",
    "cache-control": "no-store",
}


def euros(cents: int) -> str:
    """As a person writes them."""
    sign = "\u2212" if cents < 0 else ""
    return f"{sign}€{abs(cents) / 100:,.2f}"


class Page:
    """What is shown of both sides, and what can be done to them; ``finding``: of the linter, about the unmarked one."""

    def __init__(self, sides: tuple[Side, Side], finding: str) -> None:
        self.sides, self.finding = sides, finding
        self._numbers = itertools.count(1001)
        self._payment = self._new()
        self._running: set[asyncio.Task[Any]] = set()
        templates = Environment(
            loader=FileSystemLoader(HERE / "templates"), autoescape=True, undefined=StrictUndefined
        )
        templates.filters["euros"] = euros
        self._template = templates.get_template("page.html")

    def application(self) -> ASGIApp:
        """All routes. A form of another site changes nothing here."""
        forms = {
            "pay": self._pay,
            "new": self._next,
            "network": self._cut,
            "server": self._arm,
            "reset": self._reset,
        }
        routes = [Route("/", self._shown)]
        routes += [Route(f"/{name}", _file(name), methods=["GET"]) for name in ("style.css", "script.js")]
        routes += [Route(f"/{name}", _form(action), methods=["POST"]) for name, action in forms.items()]
        return Starlette(routes=routes, middleware=[Middleware(OwnFormsOnly)])

    async def _shown(self, _: Request) -> Response:
        books = await asyncio.gather(*(side.books(AMOUNT) for side in self.sides))
        halves = [_half(side, its, self._payment) for side, its in zip(self.sides, books, strict=True)]
        text = self._template.render(
            halves=halves, payment=self._payment, finding=self.finding, storm=STORM, kill=self.sides[0].kill,
            loses_answers=self.sides[0].network.loses_answers, shown_fates=list(Fate)[1:],
        )  # fmt: skip
        return HTMLResponse(text, headers=HEADERS)

    async def _pay(self, form: dict[str, str]) -> None:
        """Begin; the page shows how it goes."""
        times = STORM if form.get("times") == str(STORM) else 1
        for side in self.sides:
            task = asyncio.create_task(side.press(self._payment, times))
            self._running.add(task)
            task.add_done_callback(self._running.discard)

    async def _next(self, _: dict[str, str]) -> None:
        await self._finish()
        self._payment = self._new()
        for side in self.sides:
            side.presses, side.said = [], ""

    async def _cut(self, form: dict[str, str]) -> None:
        for side in self.sides:
            side.network.loses_answers = form.get("network") == "cut"

    async def _arm(self, form: dict[str, str]) -> None:
        kill = Kill(form["server"]) if form.get("server") in set(Kill) else Kill.NEVER
        for side in self.sides:
            side.kill = kill

    async def _reset(self, form: dict[str, str]) -> None:
        await self._next(form)
        for side in self.sides:
            await side.reset()

    async def _finish(self) -> None:
        if self._running:
            await asyncio.wait(self._running)

    def _new(self) -> Payment:
        return Payment(f"Invoice {next(self._numbers)}", str(uuid4()), AMOUNT)


def _half(side: Side, books: Books, payment: Payment) -> dict[str, Any]:
    """What the template shows of a side."""
    source = (HERE / f"{side.module}.py").read_text(encoding="utf-8").partition("\n\n\n")[2]
    fates = [_fate(press, books.first.get(payment.reference)) for press in side.presses]
    return {
        "side": side,
        "books": books,
        "code": source.splitlines(),
        "fates": fates,
        "counted": Counter(fates),
        "verdict": _verdict(side, books),
        "payment": payment,
    }


def _fate(press: Press, first: int | None) -> Fate:
    """What the press came to, by the ledger: its money moved again where another entry was the first."""
    return Fate.AGAIN if press.fate is Fate.MOVED and press.entry != first else press.fate


def _verdict(side: Side, books: Books) -> tuple[str, str, str]:
    """A class, and what to say large and small."""
    transfers, payments = books.transfers.total(), len(books.transfers)
    counted = f"{transfers:,} transfer{'s' * (transfers != 1)} for {payments} payment{'s' * (payments != 1)}"
    missing = side.answered - set(books.transfers)
    if missing:
        return "wrong", f"{', '.join(sorted(missing))} is missing", counted
    if books.too_much:
        return "wrong", f"{euros(books.too_much)} too much", counted
    if transfers:
        return "right", "The books are right", counted
    return (
        "open",
        "Nothing has been paid",
        "no transfer, and nobody was told of one" if side.presses else "press Pay",
    )


def _form(action: Callable[[dict[str, str]], Awaitable[None]]) -> Callable[[Request], Awaitable[Response]]:
    """Do it, and show the page."""

    async def done(request: Request) -> Response:
        fields = parse_qs((await request.body()).decode("utf-8", "replace"))
        await action({name: values[-1] for name, values in fields.items()})
        return RedirectResponse("/", 303)

    return done


def _file(name: str) -> Callable[[Request], Awaitable[Response]]:
    text = (HERE / "templates" / name).read_text(encoding="utf-8")
    media_type = "text/css" if name.endswith(".css") else "text/javascript"

    async def sent(_: Request) -> Response:
        return Response(text, media_type=media_type, headers=HEADERS)

    return sent


class OwnFormsOnly:
    """Refuses what a page of another site sends: the browser says where it comes from."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and scope["method"] == "POST":
            headers = dict(scope["headers"])
            origin = headers.get(b"origin")
            if origin is not None and origin.partition(b"://")[2] != headers.get(b"host"):
                app = PlainTextResponse("This form was sent by another site.\n", 403)
        await app(scope, receive, send)
