"""Where a mark takes effect in Flask: every POST rule of the snippet's ``app`` is requested."""

from __future__ import annotations

from tests.lint.positions.recorder import Snippet, application, executions

PRELUDE = """\
from functools import partial, wraps

from flask import Blueprint, Flask
from flask.views import MethodView, View
from recorder import money_moving

app = Flask(__name__)
"""

TABLE = (
    (
        "below the route",
        True,
        """
@app.post("/pay")
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "above the route",
        False,
        """
@money_moving
@app.post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "with options, below",
        True,
        """
@app.route("/pay", methods=["POST"])
@money_moving(operation="pay")
def pay():
    return "paid"
""",
    ),
    (
        "with options, above",
        False,
        """
@money_moving(operation="pay")
@app.route("/pay", methods=["POST"])
def pay():
    return "paid"
""",
    ),
    (
        "between two routes",
        False,
        """
@app.post("/pay")
@money_moving
@app.post("/pay-again", endpoint="again")
def pay():
    return "paid"
""",
    ),
    (
        "below two routes",
        True,
        """
@app.post("/pay")
@app.post("/pay-again", endpoint="again")
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "between a POST above and a GET below",
        True,
        """
@app.post("/pay")
@money_moving
@app.get("/pay-page", endpoint="page")
def pay():
    return "paid"
""",
    ),
    (
        "between a GET above and a POST below",
        False,
        """
@app.get("/pay-page", endpoint="page")
@money_moving
@app.post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "rebound after registration",
        False,
        """
@app.post("/pay")
def pay():
    return "paid"


pay = money_moving(pay)
""",
    ),
    (
        "called and thrown away",
        False,
        """
@app.post("/pay")
def pay():
    return "paid"


money_moving(pay)
""",
    ),
    (
        "wrapped at registration",
        True,
        """
def pay():
    return "paid"


app.add_url_rule("/pay", view_func=money_moving(pay), methods=["POST"])
""",
    ),
    (
        "on the def, registered later",
        True,
        """
@money_moving
def pay():
    return "paid"


app.add_url_rule("/pay", "pay", pay, methods=["POST"])
""",
    ),
    (
        "rebound before registration",
        True,
        """
def pay():
    return "paid"


pay = money_moving(pay)
app.add_url_rule("/pay", view_func=pay, methods=["POST"])
""",
    ),
    (
        "rebound between two registrations",
        False,
        """
def pay():
    return "paid"


app.add_url_rule("/pay", view_func=pay, methods=["POST"])
pay = money_moving(pay)
app.add_url_rule("/pay-again", endpoint="again", view_func=pay, methods=["POST"])
""",
    ),
    (
        "one of two registrations wrapped",
        False,
        """
def pay():
    return "paid"


app.add_url_rule("/pay", view_func=pay, methods=["POST"])
app.add_url_rule("/pay-again", endpoint="again", view_func=money_moving(pay), methods=["POST"])
""",
    ),
    (
        "inside a route that is called",
        True,
        """
def pay():
    return "paid"


app.post("/pay")(money_moving(pay))
""",
    ),
    (
        "around a route that is called",
        False,
        """
def pay():
    return "paid"


pay = money_moving(app.post("/pay")(pay))
""",
    ),
    (
        "around a lambda",
        True,
        """
app.add_url_rule("/pay", "pay", money_moving(lambda: "paid"), methods=["POST"])
""",
    ),
    (
        "inside a partial",
        True,
        """
def pay(kind):
    return kind


app.add_url_rule("/pay", "pay", partial(money_moving(pay), "card"), methods=["POST"])
""",
    ),
    (
        "below a decorator without wraps",
        True,
        """
def log(view):
    def logged():
        return view()

    return logged


@app.post("/pay")
@log
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "above a decorator, below the route",
        True,
        """
def log(view):
    @wraps(view)
    def logged():
        return view()

    return logged


@app.post("/pay")
@money_moving
@log
def pay():
    return "paid"
""",
    ),
    (
        "composed: route around mark",
        True,
        """
def money_post(rule):
    def decorate(view):
        return app.post(rule)(money_moving(view))

    return decorate


@money_post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "composed: mark around route",
        False,
        """
def money_post(rule):
    def decorate(view):
        return money_moving(app.post(rule)(view))

    return decorate


@money_post("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "above a project's route decorator",
        False,
        """
def command(rule):
    def decorate(view):
        app.add_url_rule(rule, view_func=view, methods=["POST"])
        return view

    return decorate


@money_moving
@command("/pay")
def pay():
    return "paid"
""",
    ),
    (
        "endpoint: below",
        True,
        """
app.add_url_rule("/pay", endpoint="pay", methods=["POST"])


@app.endpoint("pay")
@money_moving
def pay():
    return "paid"
""",
    ),
    (
        "endpoint: above",
        False,
        """
app.add_url_rule("/pay", endpoint="pay", methods=["POST"])


@money_moving
@app.endpoint("pay")
def pay():
    return "paid"
""",
    ),
    (
        "view_functions replaced after registration",
        True,
        """
@app.post("/pay")
def pay():
    return "paid"


app.view_functions["pay"] = money_moving(pay)
""",
    ),
    (
        "view_functions replaced in a loop",
        True,
        """
@app.post("/pay")
def pay():
    return "paid"


for name, view in list(app.view_functions.items()):
    app.view_functions[name] = money_moving(view)
""",
    ),
    (
        "nested blueprint, below",
        True,
        """
outer, inner = Blueprint("outer", __name__), Blueprint("inner", __name__)


@inner.post("/pay")
@money_moving
def pay():
    return "paid"


outer.register_blueprint(inner)
app.register_blueprint(outer)
""",
    ),
    (
        "blueprint, above",
        False,
        """
wallet = Blueprint("wallet", __name__)


@money_moving
@wallet.post("/pay")
def pay():
    return "paid"


app.register_blueprint(wallet)
""",
    ),
    (
        "async, below",
        True,
        """
@app.post("/pay")
@money_moving
async def pay():
    return "paid"
""",
    ),
    (
        "async, above",
        False,
        """
@money_moving
@app.post("/pay")
async def pay():
    return "paid"
""",
    ),
    (
        "method view: on post",
        True,
        """
class Pay(MethodView):
    @money_moving
    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: on get only",
        False,
        """
class Pay(MethodView):
    @money_moving
    def get(self):
        return "page"

    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: on dispatch_request",
        True,
        """
class Pay(MethodView):
    @money_moving
    def dispatch_request(self):
        return super().dispatch_request()

    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: decorators",
        True,
        """
class Pay(MethodView):
    decorators = [money_moving]

    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: decorators of the base",
        True,
        """
class Money(MethodView):
    decorators = (money_moving,)


class Pay(Money):
    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: decorators set after as_view",
        False,
        """
class Pay(MethodView):
    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
Pay.decorators = [money_moving]
""",
    ),
    (
        "method view: around as_view",
        True,
        """
class Pay(MethodView):
    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=money_moving(Pay.as_view("pay")))
""",
    ),
    (
        "method view: as_view rebound after registration",
        False,
        """
class Pay(MethodView):
    def post(self):
        return "paid"


view = Pay.as_view("pay")
app.add_url_rule("/pay", view_func=view)
view = money_moving(view)
""",
    ),
    (
        "method view: post rebound in the body",
        True,
        """
class Pay(MethodView):
    def post(self):
        return "paid"

    post = money_moving(post)


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: post replaced after registration",
        True,
        """
class Pay(MethodView):
    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
Pay.post = money_moving(Pay.post)
""",
    ),
    (
        "method view: inherited marked post",
        True,
        """
class Base(MethodView):
    @money_moving
    def post(self):
        return "paid"


class Pay(Base):
    pass


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: class that inherits its handler",
        True,
        """
class Base(MethodView):
    def post(self):
        return "paid"


@money_moving
class Pay(Base):
    pass


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "view: class that inherits its handler",
        True,
        """
class Base(View):
    methods = ["POST"]

    def dispatch_request(self):
        return "paid"


class Pay(Base):
    decorators = [money_moving]


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "method view: marked base class, post overridden",
        False,
        """
@money_moving
class Base(MethodView):
    def post(self):
        return "paid"


class Pay(Base):
    def post(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "view: on dispatch_request",
        True,
        """
class Pay(View):
    methods = ["POST"]

    @money_moving
    def dispatch_request(self):
        return "paid"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "view: on a post that dispatch_request never calls",
        False,
        """
class Pay(View):
    methods = ["POST"]

    def dispatch_request(self):
        return "paid"

    @money_moving
    def post(self):
        return "never"


app.add_url_rule("/pay", view_func=Pay.as_view("pay"))
""",
    ),
    (
        "bound method: on the def",
        True,
        """
class Wallet:
    def __init__(self, app):
        app.add_url_rule("/pay", view_func=self.pay, methods=["POST"])

    @money_moving
    def pay(self):
        return "paid"


Wallet(app)
""",
    ),
    (
        "static method: below staticmethod",
        True,
        """
class Wallet:
    @staticmethod
    @money_moving
    def pay():
        return "paid"


app.add_url_rule("/pay", view_func=Wallet.pay, methods=["POST"])
""",
    ),
    (
        "route inside a class: mark above",
        False,
        """
class Wallet:
    @money_moving
    @app.post("/pay")
    def pay():
        return "paid"
""",
    ),
)

# Flask runs them, and the runtime finds no marked handler there: each request is refused.
NOT_TAKEN = {"below a decorator without wraps"}
SNIPPETS = tuple(
    Snippet(name, PRELUDE + "\n" + body, effective, name in NOT_TAKEN) for name, effective, body in TABLE
)


def is_effective(source: str) -> bool:
    """Whether the mark ran for each POST rule, requested through Flask's own client."""
    app = application(source).app
    rules = [rule for rule in app.url_map.iter_rules() if rule.methods is None or "POST" in rule.methods]
    assert rules
    ran = [_runs(app, rule.rule) for rule in rules]
    return all(ran)


def _runs(app: object, path: str) -> bool:
    with executions() as count:
        response = app.test_client().post(path)  # type: ignore[attr-defined]
    assert response.status_code == 200, response.text
    return count() == 1
