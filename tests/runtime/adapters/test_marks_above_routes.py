"""A mark above the decorator that registers a route is never met by a request: that is refused before anything runs."""

from collections.abc import Callable
from typing import Any

import pytest
from fastapi import APIRouter, FastAPI
from flask import Blueprint, Flask

from idem_runtime import ConfigurationError, Idempotency, money_moving, not_money_moving
from tests.runtime.adapters.asking import asked
from tests.runtime.adapters.starting import idem as never_connected

REFUSED = "money_moving stands above what registered the function"
Route = Callable[[Callable[..., Any]], Callable[..., Any]]


def on_fastapi(route: Callable[[Any, str], Route], decorate: Callable[..., Any]) -> None:
    idem = Idempotency("postgresql://127.0.0.1:1/none", principal=lambda request: "alice")
    app = FastAPI()
    idem.install(app)
    router = APIRouter()
    decorate(route(router, "/t"))
    app.include_router(router)
    asked(idem, app, {"raises": True})


def on_flask(route: Callable[[Any, str], Route], decorate: Callable[..., Any]) -> None:
    app = Flask("bank")
    app.testing = True
    never_connected.init_app(app)
    blueprint = Blueprint("wallet", "wallet")
    decorate(route(blueprint, "/t"))
    app.register_blueprint(blueprint)
    app.test_client().post("/t")


def post(router: Any, path: str) -> Route:
    return router.post(path)  # type: ignore[no-any-return]


def get(router: Any, path: str) -> Route:
    return router.get(path)  # type: ignore[no-any-return]


def audited(function: Callable[..., Any]) -> Callable[..., Any]:
    """A decorator that does not say what it wraps."""

    def call() -> Any:
        return function()

    return call


def fresh() -> Callable[..., Any]:
    """A function that no other test has marked."""

    def view() -> Any:
        return {}

    return view


def above(route: Route) -> None:
    money_moving(route(fresh()))


def above_with_options(route: Route) -> None:
    money_moving(effect="external")(route(audited(fresh())))


def elsewhere(route: Route) -> None:
    function = fresh()
    money_moving(effect="external")(function)
    route(function)


@pytest.mark.parametrize("framework", [on_fastapi, on_flask])
@pytest.mark.parametrize("decorate", [above, above_with_options, elsewhere])
def test_a_mark_above_a_route_is_refused(framework: Any, decorate: Callable[..., Any]) -> None:
    with pytest.raises(ConfigurationError, match=REFUSED):
        framework(post, decorate)


@pytest.mark.parametrize("framework", [on_fastapi, on_flask])
def test_a_function_that_is_marked_elsewhere_may_answer_get_and_what_says_that_it_moves_nothing(
    framework: Any,
) -> None:
    def opted_out(route: Route) -> None:
        function = fresh()
        money_moving(effect="external")(function)
        route(not_money_moving(reason="shows the form again")(function))

    framework(get, elsewhere)
    framework(post, opted_out)
