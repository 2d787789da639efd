"""View classes that others extend, and that nothing but a text names."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### a trait names the class that is routed
from traitlets import HasTraits, Type


class Provider(HasTraits):
    handler_class = Type(default_value="wallet.login.PayHandler")

    def handlers(self):
        return [("/pay", self.handler_class)]
--- wallet/login.py
from tornado.web import RequestHandler


class PayHandler(RequestHandler):
    def post(self): ...  # found


class LegacyPayHandler(PayHandler):  # found
    def get(self): ...


class Base(RequestHandler):
    def post(self): ...


class Heir(Base):  # found
    def get(self): ...

### a setting names it with a colon
VIEWS = ['wallet.views:Transfers']
--- wallet/views.py
from flask.views import MethodView


class Transfers(MethodView):
    def post(self): ...  # found


class Limited(Transfers):  # found
    def get(self): ...

### a text that names another class, or one of the same name elsewhere
VIEWS = ["wallet.views.OtherTransfers", "wallet.other.Transfers", "wallet.views.Transfers.post"]
--- wallet/views.py
from flask.views import MethodView


class Transfers(MethodView):
    def post(self): ...


class Limited(Transfers):  # found
    def get(self): ...
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_a_class_that_a_text_names_answers_though_others_extend_it(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)
