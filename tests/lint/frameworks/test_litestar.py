"""Litestar: handlers that the cases do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### without a method the route is not decided
from litestar import HttpMethod, route
from litestar.handlers import HTTPRouteHandler

VERBS = load()


@route("/unknown", http_method=VERBS)
async def unknown() -> None: ...  # undecided


@route("/missing")
async def missing() -> None: ...  # undecided


@HTTPRouteHandler("/read", http_method=[HttpMethod.GET])
async def read() -> None: ...

### a base controller that is registered itself keeps what its heirs override
from litestar import Controller, Litestar, post


class Base(Controller):
    @post("/run")
    async def run(self) -> None: ...  # found

    @post("/stop")
    async def stop(self) -> None: ...  # found


class Instant(Base):
    @post("/run")
    async def run(self) -> None: ...  # found


class Renamed(Base):
    run = None


app = Litestar([Base, Instant])
app.register(Renamed)

### a project's own handler class gives the method in its constructor
from litestar import handlers


class Pay(handlers.HTTPRouteHandler):
    def __init__(self, path, **options):
        options.setdefault("status_code", 201)
        options["opt"] = {}
        dict.setdefault(options, "a", 1)
        super().__init__(path, http_method="POST", **options)


class Plain(handlers.HTTPRouteHandler):
    def __init__(self, path, http_method="GET"):
        self.path = path


class Same(handlers.HTTPRouteHandler):
    limit = 3


class Fixed(handlers.HTTPRouteHandler):
    def __init__(self):
        super(Fixed, self).__init__("/fixed", http_method="POST")


@Pay("/pay")
async def pay() -> None: ...  # found


@Plain("/plain", http_method="POST")
async def plain() -> None: ...  # found


@Same("/same", http_method="GET")
async def same() -> None: ...


@Fixed()
async def fixed() -> None: ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
