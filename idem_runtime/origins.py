"""Where a program's objects come from, and what they hold, looked at without running anything of theirs."""

from __future__ import annotations

import builtins
import functools
import inspect
import sys
import sysconfig
import typing
from collections import deque
from types import BuiltinFunctionType, CellType, FunctionType, MemberDescriptorType
from typing import Any

from idem_runtime import references

CONTAINERS = (list, tuple, set, frozenset, dict, deque)
MISSING: Any = object()
"""There is no such thing, or not yet."""


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


KNOWN = _words("""
    aiohttp anyio asyncpg attr attrs boto3 botocore certifi click fastapi flask h11 httpcore httpx idem_runtime jinja2
    markupsafe orjson pg8000 psycopg psycopg2 psycopg_pool pydantic pydantic_core pydantic_settings
    pymongo redis requests starlette typing_extensions urllib3 werkzeug
""")
"""Packages that lend no connection of ours unless they are handed a callback."""

HIDING = _words("contextvars _contextvars ctypes gc importlib inspect pkgutil runpy weakref")
"""Modules of the standard library that give what no reference shows."""

HOLDERS = frozenset(
    {
        "_contextvars.ContextVar",
        "_thread._local",
        "flask.ctx._AppCtxGlobals",
        "starlette.datastructures.State",
        "types.SimpleNamespace",
        "unittest.mock.MagicMock",
        "werkzeug.local.LocalProxy",
    }
)
"""Classes whose objects are filled in later."""

LOOKING_UP = tuple(
    getattr(builtins, name)
    for name in ("getattr", "eval", "exec", "compile", "globals", "locals", "vars", "__import__")
)

READ_OF_A_REQUEST = _words("""
    args base_url body client content_type cookies data files form get_data get_json headers host
    is_json json mimetype method path path_params query_params query_string remote_addr stream url
    url_rule values view_args
""")


def enclosed(function: FunctionType) -> dict[str, Any]:
    """The closure of ``function`` by name; what is not filled in yet is ``MISSING``."""
    cells = zip(function.__code__.co_freevars, function.__closure__ or (), strict=True)
    return {name: content(cell) for name, cell in cells}


def content(cell: CellType) -> Any:
    """What a closure's cell holds."""
    try:
        return cell.cell_contents
    except ValueError:
        return MISSING


def attributes(value: Any) -> dict[str, Any]:
    """The instance attributes of ``value``, of its dictionary and its slots."""
    found: dict[str, Any] = dict(getattr(value, "__dict__", None) or {})
    for base in type(value).__mro__:
        for name, static in vars(base).items():
            if isinstance(static, MemberDescriptorType):
                try:
                    found[name] = static.__get__(value)
                except AttributeError:
                    continue
    return found


def annotations_of(value: FunctionType | type) -> dict[str, Any]:
    """The annotations of a function or class, as far as they can be read."""
    try:
        return typing.get_type_hints(value, include_extras=True)
    except Exception:  # noqa: BLE001 - evaluating a program's annotations may raise anything
        found = inspect.get_annotations(value)
        return {name: each for name, each in found.items() if not isinstance(each, str)}


def module_of(value: Any) -> str:
    """The module whose code ``value`` is: a decorator's wrapper says the name of what it wraps, its globals do not."""
    if isinstance(value, FunctionType):
        return str(value.__globals__.get("__name__", ""))
    if isinstance(value, type):
        return value.__module__
    if isinstance(value, BuiltinFunctionType):
        return str(value.__module__ or type(value.__self__).__module__)
    return type(value).__module__


@functools.cache
def set_within(cls: type) -> frozenset[str]:
    """The instance attributes that ``cls`` itself sets, or declares as fields."""
    found: set[str] = set()
    for base in cls.__mro__:
        found.update(inspect.get_annotations(base))
        for each in vars(base).values():
            code = getattr(getattr(each, "__func__", each), "__code__", None)
            found.update(references.stored(code) if code is not None else ())
    return frozenset(found)


def class_of(value: object) -> type[Any]:
    """The class itself, whatever a proxy says that it is."""
    return type(value)


def function_of(value: Any) -> Any:
    """The function of a method, classmethod or staticmethod."""
    return value.__func__


def is_holder(cls: type) -> bool:
    """Whether objects of ``cls`` are filled in later, or per context."""
    return f"{cls.__module__}.{cls.__qualname__}" in HOLDERS


def is_filled_in_later(cls: type) -> bool:
    """Whether attributes of its objects are looked up by a method of the class."""
    return any(is_holder(base) or "__getattr__" in vars(base) for base in cls.__mro__)


def hides(module: str) -> bool:
    """Whether ``module`` gives what no reference shows."""
    return module.partition(".")[0] in HIDING


def is_flask_request(value: Any) -> bool:
    """Whether ``value`` is ``flask.request``, a proxy that may not be looked into outside a request."""
    return value is getattr(sys.modules.get("flask"), "request", MISSING)


@functools.cache
def known(module: str) -> bool:
    """Whether ``module`` is the standard library's or in ``KNOWN``: it refers to nothing of the program's."""
    top = module.partition(".")[0]
    return top in KNOWN or (top in sys.stdlib_module_names and not _shadowed(top))


def _shadowed(top: str) -> bool:
    """Whether a module of the program has the name of one of the standard library's."""
    file = getattr(sys.modules.get(top), "__file__", None)
    return file is not None and ("site-packages" in file or not file.startswith(_library()))


@functools.cache
def _library() -> tuple[str, ...]:
    paths = sysconfig.get_paths()
    return paths["stdlib"], paths["platstdlib"], f"{sys.base_prefix}/lib"


def accessors(value: Any) -> list[Any]:
    """The functions behind a property or a cached property."""
    found = (getattr(value, name, None) for name in ("fget", "fset", "func"))
    return [each for each in found if each is not None]


def absolute(name: str, package: str) -> str:
    """The module that an import in ``package`` names, which may begin with dots."""
    level = len(name) - len(name.lstrip("."))
    if not level:
        return name
    parents = package.split(".")
    return ".".join([*parents[: len(parents) - level + 1], *filter(None, [name.lstrip(".")])])


def is_empty(value: Any) -> bool:
    """Whether ``value`` may be filled in later: ``None``, or a container that nothing is in yet."""
    filled_in = issubclass(class_of(value), CONTAINERS) and class_of(value) not in (tuple, frozenset)
    return value is None or (filled_in and len(value) == 0)


def is_generated(name: str) -> bool:
    """Whether pydantic made this class attribute of what is in the others."""
    return name.startswith("__pydantic") and name != "__pydantic_fields__"
