"""Bare names: they all belong to bottle's default application."""

import bottle
from bottle import get, post, put, request, route
from bottle import post as create
from bottle import route as r

from idem_runtime import money_moving, not_money_moving


@post("/wallet/transfers")
def transfer():
    return request.json


@route("/wallet/deposits", method="POST")
@money_moving
def deposit():
    return {}


@route("/wallet/withdrawals", method=["GET", "POST"])
def withdraw():
    return {}


@route("/wallet/payouts", "POST")
def positional_method():
    return {}


@route("/wallet/fees", ["PUT", "POST"])
def positional_methods():
    return {}


@route("/wallet/lower", method="post")
def lower_case():
    return {}


@route("/wallet/any", method="ANY")
def any_method():
    return {}


@create("/wallet/alias")
def aliased():
    return {}


@r(["/wallet/a", "/wallet/b"], method=("GET",))
def two_paths():
    return {}


@bottle.post(["/wallet/c", "/wallet/d"])
def two_posts():
    return {}


@bottle.route(path="/wallet/keyword", method="POST", name="keyword")
@not_money_moving(reason="renders a form")
def by_keyword():
    return {}


@post()
def path_from_the_name(kind):
    return {}


@route
def no_call_at_all():
    return {}


@route(method="POST")
def only_a_method():
    return {}


@get("/wallet/rates")
def rates():
    return {}


@put("/wallet/limits")
def limits():
    return {}


@route("/wallet/history")
def history():
    return {}


@post("/wallet/stacked")
@route("/wallet/stacked", method="PATCH")
@get("/wallet/stacked")
def stacked():
    return {}


@bottle.error(404)
def missing(error):
    return "missing"


@bottle.hook("before_request")
def remember():
    return None
