"""Twisted Web, and what is like it: methods that a framework calls by the method of a request."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.result_types import RouterKind
from idem_lint.running.project_run import check
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources
from tests.lint.front.project import write

TABLE = """
### resources
from twisted.web import resource
from twisted.web.resource import Resource

from idem_runtime import money_moving


class Pay(resource.Resource):
    isLeaf = True

    def render_GET(self, request): ...

    def render_POST(self, request): ...  # found


class Marked(Resource):
    @money_moving
    def render_POST(self, request): ...  # found: money_moving


class Everything(Resource):
    def render(self, request): ...  # found


class Base(Resource):
    def render(self, request):
        return getattr(self, f"_async_render_{request.method}")(request)


class Late(Base):
    async def _async_render_POST(self, request): ...  # undecided


class Reads(Base):
    async def _async_render_GET(self, request): ...

### a framework of the project
class Servlet:
    def register(self, server):
        for method in ("GET", "POST"):
            if hasattr(self, "on_%s" % method):
                server.register_paths(method, self.PATTERNS, getattr(self, "on_%s" % method))


class Pay(Servlet):
    PATTERNS = ["/pay"]

    async def on_POST(self, request): ...  # undecided


class Alone:
    def handle_POST(self, request): ...  # undecided


class Request:
    @property
    def POST(self): ...


class Show(Servlet):
    async def on_GET(self, request): ...


class Client:
    POST = "POST"

    def send_POST(self, url): ...
"""
OWN = """
class Servlet: ...


class Pay(Servlet):
    def on_POST(self, request): ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


@pytest.mark.parametrize(("kind", "codes"), [(None, ["IDM006"]), ("POST", ["IDM001"]), ("nothing", [])])
def test_the_configuration_says_what_a_framework_of_the_project_does(
    kind: RouterKind | None, codes: list[str], tmp_path: Path
) -> None:
    write(tmp_path, {"wallet/rest.py": OWN})
    routers = {} if kind is None else {"wallet.rest.Servlet": kind}
    found = check([tmp_path], Config(root=tmp_path, routers=routers)).findings
    assert [finding.code for finding in found] == codes
    assert kind is not None or 'routers = { "wallet.rest.Servlet" = "POST" }' in found[0].advice
