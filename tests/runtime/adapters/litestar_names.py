"""What Litestar calls a handler's parameters; an older one has no such names, and goes by those of the parameters."""

from typing import Annotated, Any, TypeVar

from litestar import di, params

T = TypeVar("T")
_ByName = Annotated[T, None]

NamedDependency: Any = getattr(di, "NamedDependency", _ByName)  # since 2.23
FromPath: Any = getattr(params, "FromPath", _ByName)  # since 2.22
JSONBody: Any = getattr(params, "JSONBody", _ByName)  # since 2.23
RawBody: Any = getattr(params, "RawBody", bytes)  # since 2.25
