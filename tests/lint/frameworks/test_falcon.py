"""Falcon: resources and sinks that the cases do not reach."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### a resource that no call in sight registers is told by its responders
import falcon


class Wallet:
    def on_post(self, req, resp): ...  # found

    def on_post_bulk(self, req, resp): ...  # found

    def on_posted(self, entry): ...


class Abstract:
    on_post = None

--- wallet/listener.py
class Listener:
    def on_post(self, entry, when): ...

### a third party's resource and one that is asked for are not known
import falcon
from prometheus import Metrics


def build(container):
    app = falcon.App()
    app.add_route("/metrics", Metrics())  # undecided
    app.add_route("/wallet", container.wallet())  # undecided

### a responder whose suffix no route asks for
import falcon


class Desk:
    def on_post_bulk(self, req, resp): ...


falcon.App().add_route("/desk", Desk())

### a module as resource
import falcon
from wallet import reads, writes

app = falcon.App()
app.add_route("/reads", reads)
app.add_route("/writes", writes, suffix="pay")

--- wallet/reads.py
def on_get(req, resp): ...

--- wallet/writes.py
def on_post(req, resp): ...


def on_post_pay(req, resp): ...  # found

### a responder on an object under a local name
import falcon
from types import SimpleNamespace
from idem_runtime import money_moving


def pay(req, resp): ...  # found: money_moving


def late(req, resp): ...


app = falcon.App()
desk = SimpleNamespace()
desk.on_post = money_moving(pay)
app.add_route("/desk", resource=desk)
idle = SimpleNamespace()
app.add_route("/idle", idle)  # undecided
idle.on_post = late

### routes from a partial and from spread arguments
import falcon
from functools import partial
from wallet.desk import Desk


def on_sink(req, resp, **kwargs): ...  # found


app = falcon.App()
add = partial(app.add_sink, on_sink)
add("/sink")
app.add_route(*("/desk", Desk()))

--- wallet/desk.py
class Desk:
    def on_post(self, req, resp): ...  # found

    def on_get(self, req, resp): ...

### an application that registers in its own constructor
import falcon


class Desk:
    def on_post(self, req, resp): ...  # found


class Bank(falcon.App):
    def __init__(self, **options):
        super().__init__(**options)
        for path, resource in {"/desk": Desk()}.items():
            self.add_route(path, resource)
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_registers_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
