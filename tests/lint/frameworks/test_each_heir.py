"""A base class that registers what its heirs have: each heir's methods with each heir's own routes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.projects import inventory_of

BASE = """
class CompanyView:
    url = None
    more = []

    def register(self, router):
        {register}


def register_view(app, view):
    if isinstance(view, type):
        view = view()
    view.register(app.router)
"""
VERBS = """
        for verb in ("get", "post", "delete"):
            if not (handler := getattr(self, verb, None)):
                continue
"""
REGISTERS: dict[str, str] = {
    "directly": 'router.add_route("POST", self.url, self.post)',
    "by a name": 'url = self.url\n        router.add_route("POST", url, self.post)',
    "from a list": f"urls = [self.url] + self.more{VERBS}            for url in urls:\n"
    "                router.add_route(verb, url, handler)",
    "by names of names": f"first = self.url\n        urls = [first, *self.more]{VERBS}            for url in urls:\n"
    "                router.add_route(verb, url, handler)",
    "in a function inside": """url = self.url

        def add(verb, handler):
            router.add_route(verb, url, handler)

        add("POST", self.post)""",
    "in one that takes nothing": """url, handler = self.url, self.post

        def add():
            router.add_route("POST", url, handler)

        add()""",
}


def routes(folder: Path, register: str, heirs: int) -> dict[str, tuple[str, ...]]:
    views = [
        f'class View{number}(CompanyView):\n    url = "/things/{number}"\n\n    async def post(self, request): ...\n'
        for number in range(heirs)
    ]
    shown = "".join(f"    register_view(app, View{number})\n" for number in range(heirs))
    files = {
        "views.py": "\n\n".join(["from base import CompanyView\n", *views]),
        "base.py": BASE.format(register=register),
        "app.py": f"from aiohttp import web\nfrom base import register_view\nfrom views import *\n\napp = web.Application()\n\n\n"
        f"def setup():\n{shown}",
    }
    found = inventory_of(folder, files)
    assert not found.undecided
    return {handler.qualname: handler.routes for handler in found.handlers}


@pytest.mark.parametrize("way", REGISTERS)
def test_each_heir_has_its_own_routes(tmp_path: Path, way: str) -> None:
    found = routes(tmp_path, REGISTERS[way], 3)
    assert {name: [route.removeprefix("…") for route in known] for name, known in found.items()} == {
        f"View{number}.post": [f"/things/{number}"] for number in range(3)
    }


def test_a_hundred_heirs_are_not_mixed_up(tmp_path: Path) -> None:
    found = routes(tmp_path, REGISTERS["from a list"], 100)
    assert [len(known) for known in found.values()] == [1] * 100
