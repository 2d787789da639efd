"""Where a mark takes effect in Connexion: ``/pay`` is requested. Operations are resolved at the first request."""

from __future__ import annotations

import warnings

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
from connexion import AsyncApp, FlaskApp
from connexion.resolver import MethodResolver, MethodViewResolver
from flask.views import MethodView
from recorder import money_moving

app = FlaskApp("app")
"""

TABLE = (
    (
        "on the def",
        True,
        """

@money_moving
def pay():
    return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"operationId": "app.pay", "responses": {"200": {"description": "paid"}}}}}})
""",
    ),
    (
        "below another decorator",
        True,
        """

def log(view):
    def logged():
        return view()

    return logged


@log
@money_moving
def pay():
    return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"operationId": "app.pay", "responses": {"200": {"description": "paid"}}}}}})
""",
    ),
    (
        "rebound after add_api",
        True,
        """

def pay():
    return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"operationId": "app.pay", "responses": {"200": {"description": "paid"}}}}}})


pay = money_moving(pay)
""",
    ),
    (
        "another name than the operation's",
        False,
        """

def pay():
    return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"operationId": "app.pay", "responses": {"200": {"description": "paid"}}}}}})


guarded = money_moving(pay)
""",
    ),
    (
        "operation of an object",
        True,
        """

class Desk:
    @money_moving
    def pay(self):
        return {"paid": True}


desk = Desk()


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"operationId": "app.desk.pay", "responses": {"200": {"description": "paid"}}}}}})
""",
    ),
    (
        "method resolver: on post",
        True,
        """

class PayView:
    @money_moving
    def post(self):
        return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"responses": {"200": {"description": "paid"}}}}}}, resolver=MethodResolver("app"))
""",
    ),
    (
        "method resolver: decorators say nothing",
        False,
        """

class PayView:
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"responses": {"200": {"description": "paid"}}}}}}, resolver=MethodResolver("app"))
""",
    ),
    (
        "method view resolver: on post",
        True,
        """

class PayView(MethodView):
    @money_moving
    def post(self):
        return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"responses": {"200": {"description": "paid"}}}}}}, resolver=MethodViewResolver("app"))
""",
    ),
    (
        "method view resolver: decorators",
        True,
        """

class PayView(MethodView):
    decorators = [money_moving]

    def post(self):
        return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"responses": {"200": {"description": "paid"}}}}}}, resolver=MethodViewResolver("app"))
""",
    ),
    (
        "route in code, below",
        True,
        """

@app.route("/pay", methods=["POST"])
@money_moving
def pay():
    return {"paid": True}
""",
    ),
    (
        "route in code, above",
        False,
        """

@money_moving
@app.route("/pay", methods=["POST"])
def pay():
    return {"paid": True}
""",
    ),
    (
        "async app: on the def",
        True,
        """

app = AsyncApp("app")


@money_moving
async def pay():
    return {"paid": True}


app.add_api({"openapi": "3.0.3", "info": {"title": "wallet", "version": "1"}, "paths": {"/pay": {"post": {"operationId": "app.pay", "responses": {"200": {"description": "paid"}}}}}})
""",
    ),
)

SNIPPETS = tuple(Snippet(name, PRELUDE + body, effective) for name, effective, body in TABLE)


def is_effective(source: str) -> bool:
    """Whether the mark ran for the one operation, requested through Connexion's own client."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # Connexion's client is built on a deprecated part of Starlette
        with executions() as count:
            response = application(source, "app").app.test_client().post("/pay")
    assert response.status_code == 200, response.text
    return count() == 1
