"""Imports applications and prints, as JSON, which routes they answer POST at: a program that is run in a process of its own.

``python live_routes.py TARGET …``; it needs nothing but the standard library and the application's own packages, so that
it runs in the application's environment. gRPC, where it is installed, is imported first: its servers do not say afterwards
what was added to them.
"""

from __future__ import annotations

import asyncio
import functools
import importlib
import importlib.util
import inspect
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import redirect_stdout, suppress
from types import FunctionType, MethodType, ModuleType
from typing import Any

Route = dict[str, Any]
"""``path``, ``at`` (the places that may be meant: [file, qualified name]), ``name`` (with its module), ``is_certain``:
whether it is known that POST is answered; ``opaque``: the class of what cannot be looked into, and ``at`` its place;
``may_refuse``: whether it may only pass requests on to the methods that its class has, and has none for POST.
"""
_MOST = 50
"""How many layers of a handler are looked at."""
_HOLDERS: dict[type[Any], str] = {
    functools.partial: "func",
    functools.partialmethod: "func",
    MethodType: "__func__",
    staticmethod: "__func__",
    classmethod: "__func__",
}
"""What holds a function, and as which attribute."""
_COMPREHENSION = re.compile(r"<(?:list|set|dict)comp>\.|<genexpr>\.")


def main(targets: list[str]) -> None:
    """Print the routes of some applications."""
    sys.path[0] = os.getcwd()  # that of this file is no place to import from
    with redirect_stdout(sys.stderr):  # what an application prints is not the answer
        found = [route for target in targets for route in routes_of_target(target)]
    sys.stdout.write(json.dumps(found))


def routes_of_target(target: str) -> list[Route]:
    """The routes of ``module:attribute``, or of a module: Django's settings, or one that fills a gRPC server."""
    received: list[Any] = []
    if importlib.util.find_spec("grpc") is not None:
        _note_rpc_handlers(received)
    name, _, attribute = target.partition(":")
    module = importlib.import_module(name)
    if hasattr(module, "ROOT_URLCONF"):
        os.environ["DJANGO_SETTINGS_MODULE"] = name
        importlib.import_module("django").setup()
        return list(_of_django())
    app = _application(module, attribute) if attribute else None
    found = [] if app is None else list(routes_of(app))
    return [*found, *_of_rpc_handlers(received)]


def _application(module: ModuleType, attribute: str) -> Any:
    app: Any = module
    for part in attribute.split("."):
        app = getattr(app, part)
    if isinstance(app, FunctionType):
        app = app()
        if inspect.iscoroutine(app):
            app = asyncio.run(app)
    return app


def routes_of(app: Any) -> Iterator[Route]:
    """The routes of an application, by what its class is."""
    kinds: dict[str, Callable[[Any], Iterator[Route]]] = {
        "litestar.app": _of_litestar,
        "aiohttp.web_app": _of_aiohttp,
        "starlette.applications": _of_starlette,
        "starlette.routing": _of_starlette,
        "flask.sansio.app": _of_flask,
        "flask.app": _of_flask,
        "quart.app": _of_flask,
        "django.core.handlers.base": lambda _: _of_django(),
        "grpc": _nothing,
        "grpc.aio._base_server": _nothing,
    }
    for cls in type(app).__mro__:
        if cls.__module__ in kinds:
            return kinds[cls.__module__](app)
    inner = getattr(app, "app", None)
    if inner is not None:  # a middleware around it
        return routes_of(inner)
    raise SystemExit(
        f"{type(app).__module__}.{type(app).__qualname__} is no application whose routes can be asked for"
    )


def _nothing(_app: Any) -> Iterator[Route]:
    """A server: what was added to it is known already."""
    return iter(())


# frameworks


def _of_starlette(app: Any, prefix: str = "") -> Iterator[Route]:
    for path, route in _starlette_routes(app.routes):
        where = prefix + path
        endpoint = getattr(route, "endpoint", None)
        if type(route).__name__ in {"Mount", "Host"}:
            yield from _of_mounted(route.app, where)
        elif endpoint is not None and "WebSocket" not in type(route).__name__:
            yield from _of_endpoint(endpoint, getattr(route, "methods", None), where)


def _starlette_routes(table: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """Each route with its path; FastAPI keeps what it includes until somebody asks."""
    contexts = getattr(sys.modules.get("fastapi.routing"), "iter_route_contexts", None)
    if contexts is None:
        yield from ((getattr(route, "path", ""), route) for route in table)
    else:
        for context in contexts(list(table)):
            route = context.original_route
            yield context.path or getattr(route, "path", ""), route


def _of_mounted(app: Any, prefix: str) -> Iterator[Route]:
    inside = app
    while not hasattr(inside, "routes") and hasattr(inside, "app"):
        inside = inside.app
    if hasattr(inside, "routes"):
        yield from _of_starlette(inside, prefix)
    elif isinstance(app, FunctionType):
        yield _route(prefix, app)
    else:
        yield _opaque(prefix, app)


def _of_endpoint(endpoint: Any, methods: Iterable[str] | None, path: str) -> Iterator[Route]:
    is_class = inspect.isclass(endpoint)
    if methods is not None and "POST" not in methods:
        return
    if not is_class:
        yield _route(path, endpoint)
    elif hasattr(endpoint, "post"):
        yield _of_class(path, endpoint, "post")
    elif not hasattr(endpoint, "get"):
        yield _of_class(path, endpoint, "dispatch")


def _of_flask(app: Any) -> Iterator[Route]:
    for rule in app.url_map.iter_rules():
        view = app.view_functions.get(rule.endpoint)
        if view is None or (rule.methods is not None and "POST" not in rule.methods) or _is_refused(view):
            continue
        layers = _layers(view)
        cls = next((layer.view_class for layer in layers if hasattr(layer, "view_class")), None)
        if cls is None:
            yield _route(rule.rule, view)
        else:
            yield _of_class(rule.rule, cls, "post" if hasattr(cls, "post") else "dispatch_request")


def _is_refused(view: Any) -> bool:
    """Whether Flask-AppBuilder refuses every call of a view's method: its permission is none of the view's."""
    granted = getattr(getattr(view, "__self__", None), "base_permissions", None)
    name = getattr(view, "_permission_name", None)
    if not granted or not name:
        return False
    renamed = view.__self__.method_permission_name.get(view.__name__)
    return f"can_{renamed or name}" not in granted


def _of_aiohttp(app: Any) -> Iterator[Route]:
    for resource in app.router.resources():
        inner = getattr(resource, "_app", None)
        if inner is not None:
            yield from _of_aiohttp(inner)
            continue
        for route in resource:
            if route.method not in {"POST", "*"}:
                continue
            if not inspect.isclass(route.handler):
                yield _route(resource.canonical, route.handler)
            elif hasattr(route.handler, "post"):
                yield _of_class(resource.canonical, route.handler, "post")


def _of_litestar(app: Any) -> Iterator[Route]:
    for route in app.routes:
        for handler in getattr(route, "route_handlers", ()):
            if "POST" in {getattr(method, "value", method) for method in handler.http_methods}:
                yield _route(route.path, handler.fn)
        handler = getattr(route, "route_handler", None)
        if handler is not None and type(route).__name__ == "ASGIRoute":
            yield _route(route.path, handler.fn)


def _of_django() -> Iterator[Route]:
    resolver = importlib.import_module("django.urls").get_resolver()
    yield from _of_patterns(resolver.url_patterns, "/")


def _of_patterns(patterns: Iterable[Any], prefix: str) -> Iterator[Route]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^").rstrip("$")
        if hasattr(pattern, "url_patterns"):
            yield from _of_patterns(pattern.url_patterns, path)
        else:
            yield from _of_view(path, pattern.callback)


def _of_view(path: str, view: Any) -> Iterator[Route]:
    layers = _layers(view)
    methods = next(filter(None, map(_allowed, layers)), None)
    if methods is not None and "POST" not in methods:
        return
    cls = next((found for layer in layers for found in _classes(layer)), None)
    actions = next((found for layer in layers if (found := getattr(layer, "actions", None))), None)
    if cls is None:
        yield _route(path, view, is_certain=methods is not None)
    elif actions:
        if "post" in actions:
            yield _of_class(path, cls, actions["post"])
    elif hasattr(cls, "post"):
        if _is_answered(cls, layers):
            yield _of_class(path, cls, "post")
    elif not getattr(getattr(cls, "dispatch", None), "__module__", "").startswith(
        ("django.", "rest_framework.")
    ):
        yield {**_of_class(path, cls, "dispatch"), "may_refuse": True}


def _is_answered(cls: type, layers: list[Any]) -> bool:
    """Whether the methods that a class, or its ``as_view``, says to answer have POST among them."""
    every = (getattr(layer, "view_initkwargs", None) for layer in layers)
    given: dict[str, Any] | None = next(filter(None, every), None)
    names = (given or {}).get("http_method_names", getattr(cls, "http_method_names", None))
    return names is None or "post" in names


def _classes(layer: Any) -> Iterator[type]:
    """The class that ``as_view`` made a view of, Django's and REST framework's."""
    for name in ("view_class", "cls"):
        cls = getattr(layer, name, None)
        if inspect.isclass(cls):
            yield cls


def _allowed(layer: Any) -> list[str] | None:
    """What ``require_http_methods`` keeps in the view that it makes."""
    code = getattr(layer, "__code__", None)
    if code is None or "request_method_list" not in code.co_freevars:
        return None
    cell = layer.__closure__[code.co_freevars.index("request_method_list")]
    return list(cell.cell_contents)


def _note_rpc_handlers(received: list[Any]) -> None:
    """Have servers tell what is added to them."""
    for name in ("grpc._server", "grpc.aio._server"):
        server = importlib.import_module(name)
        for cls in (getattr(server, "_Server", None), getattr(server, "Server", None)):
            if cls is not None:
                cls.add_generic_rpc_handlers = _noting(cls.add_generic_rpc_handlers, received)


def _noting(add: Any, received: list[Any]) -> Any:
    def noting(server: Any, handlers: Iterable[Any]) -> Any:
        added = tuple(handlers)
        received.extend(added)
        return add(server, added)

    return noting


def _of_rpc_handlers(received: Iterable[Any]) -> Iterator[Route]:
    for handler in received:
        table: dict[str, Any] | None = getattr(handler, "_method_handlers", None)
        if table is None:
            yield _opaque("", handler)
        for path, method in (table or {}).items():
            kinds = ("unary_unary", "unary_stream", "stream_unary", "stream_stream")
            behaviour = next(found for kind in kinds if (found := getattr(method, kind, None)) is not None)
            function = _layers(behaviour)[-1]
            # What protoc generates only refuses: an RPC that nobody wrote.
            if not getattr(function, "__code__", main.__code__).co_filename.endswith("_pb2_grpc.py"):
                yield _route(path, behaviour)


# handlers


def _route(path: str, handler: Any, *, is_certain: bool = True) -> Route:
    places = [place for layer in _layers(handler) for place in [*_place(layer), *_place_of_object(layer)]]
    innermost = _layers(handler)[-1]
    name = f"{getattr(innermost, '__module__', '')}.{getattr(innermost, '__qualname__', type(innermost).__qualname__)}"
    return {"path": path, "at": places, "name": name, "is_certain": is_certain}


def _opaque(path: str, thing: Any) -> Route:
    """What answers in a way of its own, with the place of its class."""
    cls: Any = thing.__class__
    own = _file_of(cls)
    places = [] if own is None else [[own, cls.__qualname__]]
    return {"path": path, "at": places, "opaque": f"{cls.__module__}.{cls.__qualname__}"}


def _of_class(path: str, cls: type, method: str) -> Route:
    """The handler of a class: its method, wherever it is defined, or the class that inherits it; with REST framework's
    ``post``, which only calls ``create``, that.
    """
    found = _route(path, getattr(cls, method, cls))
    own = _file_of(cls)
    if own is not None:
        found["at"] = [[own, cls.__qualname__], [own, f"{cls.__qualname__}.{method}"], *found["at"]]
    if getattr(getattr(cls, method, None), "__module__", "") == "rest_framework.generics":
        found["at"] += _route(path, getattr(cls, "create", None))["at"]
    return {**found, "name": f"{cls.__module__}.{cls.__qualname__}"}


def _layers(handler: Any) -> list[Any]:
    """A handler and what is below its wrappers, partials, methods and callable objects, the innermost last."""
    found: list[Any] = []
    waiting = [handler]
    while waiting and len(found) < _MOST:
        layer = waiting.pop(0)
        if layer is not None and all(layer is not other for other in found):
            found.append(layer)
            waiting += _beneath(layer)
    return found


def _beneath(layer: Any) -> list[Any]:
    for kind, attribute in _HOLDERS.items():
        if isinstance(layer, kind):
            return [getattr(layer, attribute)]
    wrapped = getattr(layer, "__wrapped__", None)
    if wrapped is not None:
        return [wrapped]
    if isinstance(layer, FunctionType):
        return list(_closed_over(layer))
    cls: Any = layer.__class__
    return [] if inspect.isclass(layer) else [cls.__dict__.get("__call__")]


def _closed_over(function: FunctionType) -> Iterator[FunctionType]:
    """The functions that a wrapper without ``functools.wraps`` calls, among others that it may close over."""
    for cell in function.__closure__ or ():
        with suppress(ValueError):  # not filled yet
            if isinstance(cell.cell_contents, FunctionType):
                yield cell.cell_contents


def _place(function: Any) -> list[list[str]]:
    """Where a function is written, and its name there."""
    if not isinstance(function, FunctionType):
        return []
    name = getattr(function.__code__, "co_qualname", function.__qualname__)
    return [[os.path.realpath(function.__code__.co_filename), _COMPREHENSION.sub("", name)]]


def _place_of_object(method: Any) -> list[list[str]]:
    """Where the class of an object is written whose method it inherits."""
    if not isinstance(method, MethodType):
        return []
    cls = type(method.__self__)
    own = _file_of(cls) if method.__name__ not in vars(cls) else None
    if own is None:
        return []
    if method.__name__ not in {"action", "action_post"}:
        return [[own, cls.__qualname__]]
    # Flask-AppBuilder's: it runs the action that a request names.
    actions = [function for function in vars(cls).values() if hasattr(function, "_action")]
    return [place for action in actions for layer in _layers(action) for place in _place(layer)]


def _file_of(cls: type) -> str | None:
    file = getattr(sys.modules.get(cls.__module__), "__file__", None)
    return os.path.realpath(file) if file else None


if __name__ == "__main__":
    main(sys.argv[1:])
