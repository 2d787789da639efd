"""Django: walks ``urls.py``'s resolver and sends every view real requests, watching which function they reach.

Used by the frameworks that stand on Django too: ``truths`` takes what else can be asked of a route.
"""

from __future__ import annotations

import asyncio
import importlib
import inspect
import sys
import types
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeAlias

from idem_runtime.marks import MoneyMoving, install_for_process
from tests.lint.oracles import ANY, Truth, Truths, original

PROBED = ("GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PURGE")
EXOTIC = frozenset({"TRACE", "PURGE"})
SAMPLES: Mapping[str, Any] = {"int": 1, "uuid": "6f1f7c0e-6f36-4a3e-9a55-0a4f1f6d5f11"}
LOCATION = "_registered_at"


class Reached(BaseException):
    """The request arrived at the watched function: nothing more has to run."""


@dataclass(frozen=True)
class Route:
    """A view of the resolver and arguments that its pattern could give it."""

    callback: Any
    args: tuple[Any, ...] = ()
    kwargs: dict[str, Any] = field(default_factory=dict)
    path: str = ""

    def ends_in(self, method: str, *watched: types.CodeType) -> types.CodeType | None:
        """The first of the watched functions that a request enters; ``None`` where it enters none."""
        return asyncio.run(self._run(method, set(watched)))

    async def _run(self, method: str, watched: set[types.CodeType]) -> types.CodeType | None:
        def profile(frame: types.FrameType, event: str, argument: Any) -> None:
            if event == "call" and frame.f_code in watched:
                sys.setprofile(None)
                raise Reached(frame.f_code)

        sys.setprofile(profile)
        try:
            response = self.callback(_request(method), *self.args, **self.kwargs)
            if inspect.isawaitable(response):
                await response
        except Reached as reached:
            return reached.args[0]
        except Exception:
            return None
        finally:
            sys.setprofile(None)
        return None


@dataclass(frozen=True)
class At:
    """A registering call, where there is no definition in reach."""

    file: str
    line: int


class Views(Truths):
    """Truths that take registering calls too."""

    def place(self, handler: Any) -> tuple[str, int] | None:
        """As in the base; of a registering call, the call's place."""
        if isinstance(handler, At):
            file = self._relative(handler.file)
            return None if file is None else (file, handler.line)
        if inspect.isclass(handler) and handler.__module__ == "builtins":
            return None
        return super().place(handler)


class AdmitEverything:
    """Marks refuse every call where nothing is installed; here the question is only which requests would arrive."""

    def call(self, mark: MoneyMoving, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """Call the function."""
        return function(*args, **kwargs)

    async def acall(
        self, mark: MoneyMoving, function: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call the function."""
        return await function(*args, **kwargs)


Judge: TypeAlias = Callable[[Truths, Route], bool]


def routes(case: Path) -> set[Truth]:
    """The handlers of the case's ``urls.py``."""
    return truths(case)


def truths(
    case: Path, *judges: Judge, apps: tuple[str, ...] = (), settings: Mapping[str, Any] | None = None
) -> set[Truth]:
    """As ``routes``; the first judge that knows a route decides it, Django's own come last."""
    configure(case, apps, settings or {})
    from django.urls import get_resolver

    found = Views(case)
    for route in _routes(get_resolver("urls").url_patterns, [], {}, "/"):
        next(
            judge for judge in (*judges, registered_generic, class_view, function_view) if judge(found, route)
        )
    _of_admin(found)
    return found.result()


def _of_admin(found: Truths) -> None:
    """Actions that a changelist runs, and the methods that an admin's own views call (django/contrib/admin/options.py)."""
    from django.contrib.admin.sites import all_sites

    for model_admin in [admin for site in all_sites for admin in site._registry.values()]:
        for action in model_admin.actions or ():
            found.add(model_admin.get_action(action)[0], {"POST"})
        for name in ("save_model", "save_related", "save_formset", "delete_model", "delete_queryset"):
            found.add(getattr(type(model_admin), name), {"POST"})


def configure(case: Path, apps: tuple[str, ...], settings: Mapping[str, Any]) -> None:
    """Set Django up for the case: packages that have models are installed apps."""
    import django
    from django.conf import settings as django_settings

    sys.path.insert(0, str(case))
    own = (".".join(found.parent.relative_to(case).parts) for found in case.rglob("models.py"))
    django_settings.configure(**{
        "ROOT_URLCONF": "urls",
        "SECRET_KEY": "case",
        "ALLOWED_HOSTS": ["*"],
        "USE_TZ": True,
        "DATABASES": {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": ":memory:"}},
        "INSTALLED_APPS": [
            *("django.contrib." + app for app in ("contenttypes", "auth", "sessions", "messages", "admin")),
            *apps,
            *sorted(own),
        ],
        **settings,
    })  # fmt: skip
    _remember_where_views_are_registered(case)
    install_for_process(AdmitEverything())
    django.setup()
    importlib.import_module("urls")


def _remember_where_views_are_registered(case: Path) -> None:
    """``CreateView.as_view(model=…)`` in a table of routes has no definition: the call's line stands for it."""
    from django.utils.decorators import classonlymethod
    from django.views import View

    as_view = View.as_view.__func__

    def noted(cls: type, **options: Any) -> Any:
        view = as_view(cls, **options)
        frame: types.FrameType | None = sys._getframe(1)
        while frame is not None and not Path(frame.f_code.co_filename).is_relative_to(case):
            frame = frame.f_back
        if frame is not None:
            setattr(view, LOCATION, (frame.f_code.co_filename, frame.f_lineno))
        return view

    View.as_view = classonlymethod(noted)


def _routes(patterns: Any, args: list[Any], kwargs: dict[str, Any], prefix: str) -> Iterator[Route]:
    for entry in patterns:
        path = prefix + str(entry.pattern).removeprefix("^").removesuffix("$")
        positional, named = _arguments(entry)
        if hasattr(entry, "url_patterns"):
            yield from _routes(entry.url_patterns, args + positional, {**kwargs, **named}, path)
        else:
            # As Django does: where one group is named, the unnamed ones are not passed.
            merged = {**kwargs, **named}
            yield Route(entry.callback, () if merged else tuple(args + positional), merged, path)


def _arguments(entry: Any) -> tuple[list[Any], dict[str, Any]]:
    """Values for a pattern's parameters."""
    defaults = dict(getattr(entry, "default_args", None) or getattr(entry, "default_kwargs", None) or {})
    named: dict[str, Any] = {}
    for name, converter in entry.pattern.converters.items():
        kind = type(converter).__name__.removesuffix("Converter").lower()
        named[name] = converter.to_python(str(SAMPLES.get(kind, "1")))
    regex = entry.pattern.regex
    if not named:
        named = dict.fromkeys(regex.groupindex, "1")
    return ["1"] * (0 if named else regex.groups), {**named, **defaults}


def _request(method: str) -> Any:
    from django.test import RequestFactory

    request = RequestFactory().generic(method, "/", b"{}", content_type="application/json")
    user = types.SimpleNamespace(pk=1, id=1, username="teller", is_authenticated=True, is_active=True)
    user.is_staff = user.is_superuser = True
    user.has_perm = user.has_perms = user.has_module_perms = lambda *_: True

    async def auser() -> Any:
        return user

    user.ahas_perm = user.ahas_perms = lambda *_: asyncio.sleep(0, True)
    request.user, request.auser, request.session = user, auser, {}
    request._dont_enforce_csrf_checks = True
    request._force_auth_user, request._force_auth_token = user, None
    return request


def registered_generic(found: Truths, route: Route) -> bool:
    """A framework's class, given the case's own model, form or serializer where it is registered."""
    view = route.callback
    cls, place = getattr(view, "view_class", None), getattr(view, LOCATION, None)
    if cls is None or place is None or found.place(cls) is not None:
        return False
    given = [value if inspect.isclass(value) else type(value) for value in _options(view).values()]
    given += [getattr(value, "model", None) for value in _options(view).values()]
    if any(inspect.isclass(value) and found.place(value) for value in given) and hasattr(cls, "post"):
        code = original(cls.post).__code__
        if route.ends_in("POST", code):
            found.add(At(*place), {"POST"}, route.path)
        return True
    return False


def _options(view: Any) -> dict[str, Any]:
    options = getattr(view, "view_initkwargs", None) or getattr(view, "initkwargs", None)
    return options or {}


def class_view(found: Truths, route: Route) -> bool:
    """``post`` where the class's own body has it, else the class; a ``dispatch`` that routes by itself is the view."""
    cls = attribute(route.callback, "view_class")
    if cls is None:
        return False
    post, dispatch = original(getattr(cls, "post", None)), original(cls.dispatch)
    refused = original(cls.http_method_not_allowed).__code__
    if post is not None and route.ends_in("POST", refused, post.__code__) is post.__code__:
        found.add(own(cls, "post"), {"POST"}, route.path)
    elif found.place(dispatch) and route.ends_in("POST", refused) is None:
        found.add(own(cls, "dispatch"), _methods(route, dispatch.__code__), route.path)
    return True


def own(cls: type, name: str) -> Any:
    """The class's method ``name`` where its own body has it, else the class."""
    function = original(vars(cls).get(name))
    written = function is not None and function.__qualname__ == f"{cls.__qualname__}.{function.__name__}"
    return vars(cls)[name] if written and function.__module__ == cls.__module__ else cls


def attribute(callback: Any, name: str) -> Any:
    """An attribute that ``as_view()`` gave the view, also below decorators."""
    while callback is not None:
        if getattr(callback, name, None) is not None:
            return getattr(callback, name)
        callback = getattr(callback, "__wrapped__", None) or getattr(callback, "func", None)
    return None


def function_view(found: Truths, route: Route) -> bool:
    """A function (or a callable instance): whatever methods get through to it."""
    handler = route.callback
    function = original(handler)
    instance = handler
    while getattr(instance, "__wrapped__", None) is not None:
        instance = instance.__wrapped__
    if function is None and not inspect.isclass(instance):
        function = original(type(instance).__call__)
        handler = own(type(instance), "__call__")
    if function is not None and found.place(handler) is not None:
        found.add(handler, _methods(route, function.__code__), route.path)
    return True


def _methods(route: Route, code: types.CodeType) -> frozenset[str]:
    reached = frozenset(method for method in PROBED if route.ends_in(method, code))
    return ANY if reached >= EXOTIC else reached - EXOTIC
