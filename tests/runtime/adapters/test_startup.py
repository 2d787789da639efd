"""What an application is refused for before it serves: unmarked POSTs, another inventory, nobody who asks, options."""

from __future__ import annotations

import json
import re
import warnings
from pathlib import Path
from typing import Annotated, Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from flask import Blueprint, Flask
from flask.views import MethodView
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from werkzeug.routing import Rule

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving

with warnings.catch_warnings():  # the test client warns of its own HTTP library
    warnings.simplefilter("ignore")
from tests.runtime.adapters.starting import Register, idem, start


def nothing() -> Any: ...


@money_moving
def dependent(amount: int, db: Annotated[Any, Depends(idem.sync_connection)]) -> None: ...


@money_moving(effect="external")
def external(amount: int) -> None: ...


@pytest.mark.parametrize(
    ("options", "says"),
    [
        ({"without_connection": "ignore"}, "say 'refuse' or 'warn'"),
        ({"require_marks": "/wallet"}, "a tuple of words and globs"),
        ({"require_marks": ("wallet", 1)}, "a tuple of words and globs"),
        ({"require_marks": ("/",)}, "a tuple of words and globs"),
        ({"require_marks": 1}, "a tuple of words and globs"),
        ({"require_mark": True}, r"no option require_mark=: did you mean require_marks=\?"),
        ({"strict": True}, "no option strict=: known are require_marks, inventory, without_connection"),
    ],
)
@pytest.mark.parametrize("application", [FastAPI, lambda: Flask("own")])
def test_options_that_cannot_be_meant_are_refused(application: Any, options: Any, says: str) -> None:
    with pytest.raises(ConfigurationError, match=says):
        idem.install(application(), **options)


# Who asks


@money_moving(principal=lambda amount: "everybody")
def with_a_scope(amount: int, db: Annotated[Any, Depends(idem.sync_connection)]) -> None: ...


@money_moving(effect="external", principal=lambda **_: "everybody")
def external_with_a_scope() -> None: ...


@pytest.mark.parametrize(
    ("functions", "refused"),
    [
        ([dependent], "POST /0 \\(.*dependent"),
        ([with_a_scope, external], "POST /1 \\(.*external"),
        ([with_a_scope, external_with_a_scope], None),
        ([nothing], None),
    ],
)
def test_where_nobody_says_who_asks_the_routes_are_named_at_start_up(
    functions: list[Any], refused: str | None
) -> None:
    nobodys = Idempotency("postgresql://nowhere.invalid/")
    app, other = FastAPI(), Flask("own")
    for number, function in enumerate(functions):
        app.post(f"/{number}")(function)
        if function is not dependent and function is not with_a_scope:  # which have a dependency
            other.post(f"/{number}")(function)
    nobodys.install(app)
    if refused is None:
        start(app)
        nobodys.init_app(other)
        return
    with pytest.raises(
        ConfigurationError, match=rf"(?s)nobody .*{refused}.*principal=.*each mark its principal="
    ) as stopped:
        start(app)
    assert "with_a_scope" not in str(stopped.value)
    if external in functions:
        with pytest.raises(ConfigurationError, match=refused):
            nobodys.init_app(other)


def test_a_websocket_is_no_route_that_needs_a_mark() -> None:
    async def talk(socket: Any) -> None: ...

    app = FastAPI(routes=[WebSocketRoute("/wallet/starlette", talk)])
    app.websocket("/wallet/fastapi")(talk)
    idem.install(app, require_marks=True)
    start(app)


# Words and globs of routes


@pytest.mark.parametrize(
    "required", [("/wallet",), ["wallet"], {"/api/*/wallet"}, frozenset({"**/transfers"})]
)
def test_a_required_mark_is_missed_below_prefixes_of_the_route(required: Any) -> None:
    app, router = FastAPI(), APIRouter(prefix="/wallet")
    idem.install(app, require_marks=required)
    router.post("/transfers")(lambda: 1)
    app.include_router(router, prefix="/api/v1")
    with pytest.raises(ConfigurationError, match=r"not marked .*POST /api/v1/wallet/transfers"):
        start(app)


@pytest.mark.parametrize(
    "required", [("wallet", "walet"), ("wallet", "/v1/wallet"), ("wallet", "payroll/**")]
)
def test_what_matches_no_route_is_refused(required: tuple[str, ...]) -> None:
    app, other = FastAPI(), Flask("own")
    for application in (app, other):
        idem.install(application, require_marks=required)
    app.get("/api/v1/wallet")(nothing)
    other.get("/api/v1/wallet")(nothing)
    says = rf"require_marks: '{re.escape(required[1])}' matches no route \(routes: .*/api/v1/wallet"
    with pytest.raises(ConfigurationError, match=says):
        start(app)
    other.testing = True
    with pytest.raises(ConfigurationError, match=says):
        other.test_client().get("/api/v1/wallet")


def test_the_words_of_a_preset_require_marks() -> None:
    app = FastAPI()
    idem.install(app, require_marks="money")
    app.post("/v1/refunds")(nothing)
    app.post("/v1/colours")(nothing)
    with pytest.raises(ConfigurationError, match=r"not marked .*: POST /v1/refunds \([^)]*\)$"):
        start(app)


def test_an_application_without_routes_says_so() -> None:
    app = Starlette()
    idem.install(app, require_marks=("wallet",))
    with pytest.raises(ConfigurationError, match=r"\(routes: none\)"):
        start(app)


# Flask: every way of registering a view


class Accounts(MethodView):
    def get(self) -> str:
        return "read"

    def post(self) -> str:
        return "open"


class MarkedAccounts(MethodView):
    init_every_request = False

    def get(self) -> str:
        return "read"

    @not_money_moving(reason="opens nothing")
    def post(self) -> str:
        return "open"


def view() -> str:
    return "open"


quoted = not_money_moving(reason="reads")(lambda: "quote")


def by_route(app: Any) -> None:
    app.post("/wallet/t")(view)


def by_rule(app: Any) -> None:
    app.add_url_rule("/wallet/t", view_func=view, methods=["POST"])


def by_class(app: Any) -> None:
    app.add_url_rule("/wallet/t", view_func=Accounts.as_view("accounts"))


def by_blueprint(app: Any) -> None:
    wallet, inner = Blueprint("wallet", "wallet", url_prefix="/wallet"), Blueprint("inner", "inner")
    inner.post("/t")(view)
    wallet.register_blueprint(inner)
    app.register_blueprint(wallet)


def by_endpoint(app: Any) -> None:
    app.add_url_rule("/wallet/t", endpoint="late", methods=["POST"])
    app.endpoint("late")(view)


def by_map(app: Any) -> None:
    app.url_map.add(Rule("/wallet/t", endpoint="late", methods=["POST"]))
    app.view_functions["late"] = view


def to_class(app: Any) -> None:
    app.add_url_rule("/wallet/t", view_func=MarkedAccounts.as_view("accounts"))


def to_other_path(app: Any) -> None:
    app.post("/other")(view)


def to_reading(app: Any) -> None:
    app.get("/wallet/t")(view)


AT_ONCE = [by_route, by_rule, by_class, by_blueprint]
LATE = [by_endpoint, by_map]
ALLOWED = [to_class, to_other_path, to_reading]


@pytest.mark.parametrize("register", [*AT_ONCE, *LATE])
@pytest.mark.parametrize("required", [True, ("/wallet",), lambda path: path.startswith("/wallet")])
def test_an_unmarked_view_is_refused_where_it_is_registered_or_at_a_first_request(
    register: Register, required: Any
) -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=required)
    app.post("/wallet/quote")(quoted)
    if register in AT_ONCE:
        with pytest.raises(ConfigurationError, match=r"POST /wallet/t \(endpoint '") as stopped:
            register(app)
    else:
        register(app)
    for _ in range(2):
        with pytest.raises(ConfigurationError, match=r"POST /wallet/t \(endpoint '") as stopped:
            app.test_client().post("/wallet/quote")
    assert "@not_money_moving(reason=" in str(stopped.value)
    assert "quote" not in str(stopped.value)


@pytest.mark.parametrize("register", [*AT_ONCE, by_endpoint, by_map])
def test_what_was_registered_before_is_refused_at_once(register: Register) -> None:
    app = Flask("own")
    register(app)
    with pytest.raises(ConfigurationError, match="POST /wallet/t"):
        idem.init_app(app, require_marks=True)


@pytest.mark.parametrize("register", ALLOWED)
def test_a_marked_view_and_one_elsewhere_are_served(register: Register) -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=None if register is to_other_path else ("/wallet",))
    register(app)
    path = "/other" if register is to_other_path else "/wallet/t"
    method = "GET" if register is to_reading else "POST"
    assert [app.test_client().open(path, method=method).text for _ in range(2)] == ["open", "open"]


def test_a_rule_that_comes_after_the_first_request_is_checked_before_the_next() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=("/wallet",))
    app.post("/other")(view)
    app.post("/wallet/quote")(quoted)
    assert app.test_client().post("/other").text == "open"
    by_map(app)
    with pytest.raises(ConfigurationError, match="/wallet/t"):
        app.test_client().post("/other")


def test_a_rule_without_a_view_is_refused_at_a_first_request() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=True)
    app.add_url_rule("/wallet/t", endpoint="never", methods=["POST"])
    with pytest.raises(ConfigurationError, match="endpoint 'never'"):
        app.test_client().get("/")


@pytest.mark.parametrize(
    ("handlers", "says"),
    [
        ([("view", None), ("post", "not_money_moving")], None),
        ([("post", "not_money_moving")], "not in the inventory"),
        (
            [("view", "money_moving"), ("post", "not_money_moving")],
            "runs unmarked, but the inventory says money_moving",
        ),
        ([("view", None), ("post", None)], "runs not_money_moving, but the inventory says unmarked"),
    ],
)
def test_flasks_views_are_compared_with_what_the_linter_read(
    tmp_path: Path, handlers: list[tuple[str, str | None]], says: str | None
) -> None:
    inventory = tmp_path / "inventory.json"
    file = "tests/runtime/adapters/test_startup.py"
    rows = [{"file": file, "qualname": f"bank.{name}", "mark": mark} for name, mark in handlers]
    inventory.write_text(json.dumps({"handlers": rows}))
    app = Flask("own")
    idem.init_app(app, inventory=inventory)
    if says is None:
        by_route(app)
        to_class(app)
        return
    with pytest.raises(ConfigurationError, match=says):
        by_route(app)
        to_class(app)


def test_a_rule_for_all_methods_needs_a_mark() -> None:
    app = Flask("own")
    app.testing = True
    idem.init_app(app, require_marks=True)
    app.url_map.add(Rule("/t", endpoint="late"))
    app.view_functions["late"] = view
    with pytest.raises(ConfigurationError, match="not marked"):
        app.test_client().get("/")
