"""What the seal relies on in Powertools, which is not public there: a failure here says what another version has changed."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import pytest
from aws_lambda_powertools.event_handler import (
    ALBResolver,
    APIGatewayRestResolver,
    CORSConfig,
    HttpResolverLocal,
    Response,
)
from aws_lambda_powertools.event_handler.api_gateway import ApiGatewayResolver, BaseRouter, Route
from aws_lambda_powertools.event_handler.exceptions import ResponseSizeExceededError

from tests.runtime.adapters.powertools.asking import ask, posted
from tests.runtime.adapters.powertools.environment import LONG, Context

LOOK = (
    "Powertools has changed {}: look at idem_runtime/adapters/powertools/resolver*.py, which stands around it"
)
METHODS: list[tuple[Callable[..., Any], list[str]]] = [
    (ApiGatewayResolver._call_route, ["self", "route", "route_arguments"]),
    (ApiGatewayResolver._call_route_async, ["self", "route", "route_arguments"]),
    (ApiGatewayResolver._call_exception_handler, ["self", "exp", "route"]),
    (ApiGatewayResolver.resolve, ["self", "event", "context"]),
    (ApiGatewayResolver.resolve_async, ["self", "event", "context"]),
    (Route.call_async, ["self", "router_middlewares", "app", "route_arguments"]),
]


@pytest.mark.parametrize(("method", "parameters"), METHODS, ids=lambda value: getattr(value, "__name__", ""))
def test_the_methods_that_are_wrapped_take_what_they_took(
    method: Callable[..., Any], parameters: list[str]
) -> None:
    assert list(inspect.signature(method).parameters) == parameters, LOOK.format(method.__qualname__)


@pytest.mark.parametrize(
    "name",
    [
        "_static_routes",
        "_dynamic_routes",
        "_response_builder_class",
        "_serializer",
        "_cors",
        "dependency_overrides",
    ],
)
def test_a_resolver_keeps_what_is_read(name: str) -> None:
    assert hasattr(APIGatewayRestResolver(), name), LOOK.format(name)


def test_a_resolver_of_a_balancer_validates_sizes_as_it_did() -> None:
    app = ALBResolver(enable_response_size_validation=True)
    assert app._enable_response_size_validation, LOOK.format("ALBResolver")
    with pytest.raises(ResponseSizeExceededError):
        app._validate_response_size({"body": "x" * 1_100_000})


def test_a_response_is_built_of_what_the_trial_copies() -> None:
    app = APIGatewayRestResolver()
    event = app._to_proxy_event(posted("/t"))  # type: ignore[arg-type]
    builder = app._response_builder_class(Response(200, "text/plain", b"x"), app._serializer)
    assert {"response", "serializer", "route"} <= set(vars(builder)), LOOK.format("ResponseBuilder")
    assert builder.build(event, app._cors)["isBase64Encoded"], LOOK.format("ResponseBuilder")


def test_a_route_keeps_what_is_read_and_written() -> None:
    app = APIGatewayRestResolver()
    app.post("/t")(dict)
    route = app._static_routes[0]
    names = ["middlewares", "func", "method", "openapi_path", "_middleware_stack_built", "call_async"]
    assert [name for name in names if not hasattr(route, name)] == [], LOOK.format("Route")


def test_exception_handlers_are_inside_of_what_is_wrapped_and_cors_gzip_and_base64_are_outside() -> None:
    app, seen = APIGatewayRestResolver(cors=CORSConfig(allow_origin="*")), []
    call_route = app._call_route

    @app.exception_handler(KeyError)
    def handled(error: KeyError) -> Response[str]:
        return Response(409, "text/plain", "handled" * 100)

    @app.post("/t", compress=True)
    def t() -> None:
        raise KeyError

    def wrapped(route: Route, arguments: dict[str, str]) -> Any:
        builder = call_route(route, arguments)
        seen.append((builder.response.body, dict(builder.response.headers)))
        return builder

    app._call_route = wrapped  # type: ignore[method-assign]
    returned = app.resolve(
        posted("/t", headers=[("Accept-Encoding", "gzip"), ("Origin", "x")]), Context(LONG)
    )
    assert seen == [("handled" * 100, {"Content-Type": "text/plain"})], LOOK.format("the order of its steps")
    assert returned["isBase64Encoded"], LOOK.format("the order of its steps")
    assert {"Access-Control-Allow-Origin", "Content-Encoding"} <= set(returned["multiValueHeaders"])


@pytest.mark.parametrize("called", ["sync", "async"])
def test_responses_are_validated_inside_of_a_routes_own_middleware(called: str) -> None:
    app, seen = APIGatewayRestResolver(enable_validation=True), []

    def outermost(app: Any, next_middleware: Any) -> Any:
        try:
            return next_middleware(app)
        except Exception as error:
            seen.append(type(error).__name__)
            raise

    @app.post("/t", middlewares=[outermost])
    def t() -> int:
        return "no number"  # type: ignore[return-value]

    if called == "sync":
        assert ask(app, "/t").status_code == 422
    else:
        from tests.runtime.adapters.powertools.asking import ask_async

        assert ask_async(app, "/t").status_code == 422
    assert seen == ["RequestValidationError"], LOOK.format("the order of middleware")


def test_the_current_event_is_one_for_the_whole_process_but_for_the_local_resolver() -> None:
    assert "current_event" not in vars(APIGatewayRestResolver), LOOK.format("current_event")
    assert "current_event" in BaseRouter.__annotations__, LOOK.format("current_event")
    assert isinstance(vars(HttpResolverLocal)["current_event"], property), LOOK.format("current_event")


def test_a_route_that_is_not_found_is_called_as_any_other() -> None:
    app, seen = APIGatewayRestResolver(), []
    call_route = app._call_route
    app._call_route = lambda route, route_arguments: (
        seen.append(route.method),
        call_route(route, route_arguments),
    )[1]  # type: ignore[method-assign,func-returns-value]
    assert ask(app, "/nowhere").status_code == 404
    assert seen == ["POST"]
