"""A handler that goes through a helper's closure is where a missing mark is reported, and its own counts where the closure
shows it.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.judging.project_verdicts import Project
from idem_lint.result_types import Handler
from idem_lint.settings.config import Config

HEAD = """\
import functools

from starlette.applications import Starlette
from starlette.routing import Route

from idem_runtime import money_moving


def closure(endpoint, **fixed):
    async def wrapper(request):
        return await endpoint(request=request, **fixed)

    return wrapper


def assigned(endpoint, *, audit):
    async def wrapper(request):
        audit(request)
        response = await endpoint(request)
        return response

    return wrapper


def short(endpoint, limit):
    return lambda request: endpoint(request, limit)


def both(first, second, limit):
    def wrapper(request):
        return second(first(request))

    return wrapper


def neither(endpoint, limit):
    def wrapper(request, endpoint=endpoint):
        return endpoint(request)

    return wrapper


def inspects(service, limit):
    def wrapper(request):
        return service(request)

    return wrapper


def itself(endpoint, limit):
    return endpoint


def shown(endpoint, limit):
    @functools.wraps(endpoint)
    async def wrapper(request):
        return await endpoint(request)

    return wrapper


class Tools:
    def bound(self, endpoint, limit):
        def wrapper(request):
            return endpoint(request, limit)

        return wrapper


class Holder:
    def __init__(self, endpoint, limit):
        self.endpoint = endpoint

    async def __call__(self, request):
        return await self.endpoint(request)


class Shown:
    def __init__(self, endpoint, limit):
        functools.update_wrapper(self, endpoint)
        self.endpoint = endpoint

    async def __call__(self, request):
        return await self.endpoint(request)


class Pair:
    def __init__(self, first, second):
        self.first, self.second = first, second

    def __call__(self, request):
        return self.second(self.first(request))


class Plain:
    def __init__(self, endpoint, limit): ...


def log(request): ...


def handler(request): ...


tools = Tools()
app = Starlette(routes=[Route("/transfers", {}, methods=["POST"])])
"""

HIDING = [
    "closure(handler, limit=3)",
    "closure(limit=3, endpoint=handler)",
    "assigned(handler, audit=log)",
    "short(handler, 3)",
    "tools.bound(handler, 3)",
    "tools.bound(handler, limit=3)",
    "Holder(handler, 3)",
]
SHOWING = ["itself(handler, 3)", "shown(handler, 3)", "Shown(handler, 3)"]
UNSEEN = {
    "both(log, handler, 1)": "both.<locals>.wrapper",
    "neither(handler, 3)": "neither.<locals>.wrapper",
    "inspects(object(), 3)": "inspects.<locals>.wrapper",
    "Pair(log, handler)": "Pair.__call__",
}


def judged(registered: str, folder: Path, *, marked: bool = False) -> list[Handler]:
    source = HEAD.replace("{}", registered)
    if marked:
        source = source.replace("def handler", "@money_moving\ndef handler")
    config = Config(root=folder, all_domains=True)
    path = folder / "wallet.py"
    (report,) = Project(config, overlay={path: source.encode()}).reports([path])
    return list(report.handlers)


def handlers(registered: str, folder: Path, *, marked: bool = False) -> list[tuple[str, str | None]]:
    return [(handler.qualname, handler.mark) for handler in judged(registered, folder, marked=marked)]


@pytest.mark.parametrize("registered", [*HIDING, *SHOWING])
def test_a_handler_is_seen_through_what_only_passes_on(registered: str, tmp_path: Path) -> None:
    assert handlers(registered, tmp_path) == [("handler", None)]


@pytest.mark.parametrize("registered", SHOWING)
def test_a_mark_counts_through_what_shows_it(registered: str, tmp_path: Path) -> None:
    assert handlers(registered, tmp_path, marked=True) == [("handler", "money_moving")]


@pytest.mark.parametrize("registered", HIDING)
def test_a_mark_is_ineffective_behind_what_does_not_show_it(registered: str, tmp_path: Path) -> None:
    (handler,) = judged(registered, tmp_path, marked=True)
    assert handler.mark is None
    assert "does not show it" in handler.marks[0].problem


@pytest.mark.parametrize("registered", UNSEEN)
def test_what_does_more_is_a_handler_itself(registered: str, tmp_path: Path) -> None:
    assert handlers(registered, tmp_path, marked=True) == [(UNSEEN[registered], None)]


def test_an_object_that_cannot_be_called_passes_nothing_on(tmp_path: Path) -> None:
    source = HEAD.replace("{}", "Plain(handler, 3)")
    path = tmp_path / "wallet.py"
    reports = Project(Config(root=tmp_path, all_domains=True), overlay={path: source.encode()}).reports(
        [path]
    )
    assert [handler.qualname for report in reports for handler in report.handlers] == []
