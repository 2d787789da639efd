"""Functions that a mark is given (``key=``, ``principal=``, ``fingerprint=``): they get the arguments that they name."""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from inspect import Parameter, Signature
from typing import Any

from idem_runtime.errors import ConfigurationError

Function = Callable[..., Any]
NAMED = (Parameter.POSITIONAL_OR_KEYWORD, Parameter.KEYWORD_ONLY)
TASKS = frozenset(
    {
        "celery.app.task.Task",
        "celery.local.Proxy",
        "dramatiq.actor.Actor",
        "faststream._internal.endpoint.call_wrapper.HandlerCallWrapper",
        "huey.api.TaskWrapper",
        "procrastinate.tasks.Task",
    }
)
"""Classes of what job frameworks make of a function; a class is known by its name, so that none is imported."""


@dataclass(frozen=True, slots=True)
class ArgumentNames:
    """Gives the arguments of a call of one function their names."""

    signature: Signature
    defaults: Mapping[str, Any] | None
    """By parameter. ``None`` for a function with ``*args``, ``**kwargs`` or positional-only parameters."""
    positions: int
    """How many arguments may come by position."""

    @classmethod
    def from_signature(cls, signature: Signature) -> ArgumentNames:
        """For the function with this signature."""
        parameters = signature.parameters.values()
        plain = all(parameter.kind in NAMED for parameter in parameters)
        defaults = {parameter.name: parameter.default for parameter in parameters} if plain else None
        positions = sum(parameter.kind is Parameter.POSITIONAL_OR_KEYWORD for parameter in parameters)
        return cls(signature, defaults, positions)

    def bind(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """In the order of the parameters, defaults included; raises TypeError where the function itself would."""
        if self.defaults is not None and len(args) <= self.positions:
            arguments = dict(self.defaults)
            if args:
                arguments.update(zip(self.defaults, args, strict=False))
            if kwargs:
                arguments.update(kwargs)
            if len(arguments) == len(self.defaults) and Parameter.empty not in arguments.values():
                return arguments
        return self._bind_any(args, kwargs)

    def _bind_any(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> dict[str, Any]:
        """For every signature, and slower. Arguments in ``**kwargs`` keep their names; those in ``*args`` have none."""
        bound = self.signature.bind(*args, **kwargs)
        bound.apply_defaults()
        arguments = dict(bound.arguments)
        for parameter in self.signature.parameters.values():
            if parameter.kind is Parameter.VAR_KEYWORD:
                arguments |= arguments.pop(parameter.name)
            elif parameter.kind is Parameter.VAR_POSITIONAL:
                del arguments[parameter.name]
        return arguments


@dataclass(frozen=True, slots=True)
class FittedCallable:
    """A callable that takes some of a function's arguments, called with all of them.

    Two are equal where ``call`` is the same: a framework that decorates anew for every call makes a new one each time.
    """

    call: Function
    arguments: ArgumentNames = field(compare=False)
    """Those of the function."""
    positions: int = field(compare=False)
    """How many of the function's first arguments it takes by position, whatever they are called."""
    names: tuple[str, ...] = field(compare=False)
    """Arguments that it takes by name."""
    takes_all: bool = field(compare=False)
    """Whether it takes all others by name, too (``**kwargs``)."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Its result for this call of the function; raises TypeError where the function itself would."""
        arguments = self.arguments.bind(args, kwargs)
        if not self.positions and not self.takes_all:
            return self.call(**{name: arguments[name] for name in self.names if name in arguments})
        first = list(arguments)[: self.positions]
        wanted = arguments if self.takes_all else self.names
        by_name = {name: arguments[name] for name in wanted if name in arguments and name not in first}
        return self.call(*(arguments[name] for name in first), **by_name)


def fitted(option: str, call: Function, function: Function) -> Function:
    """``call`` as something that takes the arguments of ``function``; itself where it takes any (``*args``).

    A callable whose parameters cannot be read (``str``, ``attrgetter``) gets the first argument.

    :raises ConfigurationError: it needs an argument that ``function`` does not have.
    """
    wanted, own = _signature(call), _signature(function)
    if own is None:
        return call
    if wanted is None:
        return _fitted_to_first(option, call, function, own)
    parameters = list(wanted.parameters.values())
    if any(parameter.kind is Parameter.VAR_POSITIONAL for parameter in parameters):
        return call
    positions = sum(parameter.kind is Parameter.POSITIONAL_ONLY for parameter in parameters)
    named = {parameter.name: parameter for parameter in parameters if parameter.kind in NAMED}
    _check(option, named, positions, function, own)
    takes_all = any(parameter.kind is Parameter.VAR_KEYWORD for parameter in parameters)
    return FittedCallable(call, ArgumentNames.from_signature(own), positions, tuple(named), takes_all)


def _fitted_to_first(option: str, call: Function, function: Function, own: Signature) -> Function:
    """``str``, ``attrgetter('id')`` and their like, whose parameters cannot be read: they get the first argument."""
    first = next(iter(own.parameters), "self")
    if first in ("self", "cls"):
        raise ConfigurationError(
            f"@money_moving({option}=…) on {name_of(function)}: what {name_of(call)} takes cannot be read: write "
            "lambda argument: … around it"
        )
    return FittedCallable(call, ArgumentNames.from_signature(own), 1, (), takes_all=False)


def _check(
    option: str, named: Mapping[str, Parameter], positions: int, function: Function, own: Signature
) -> None:
    if any(parameter.kind is Parameter.VAR_KEYWORD for parameter in own.parameters.values()):
        return  # the function takes arguments of any name
    lacking = [
        name
        for name, parameter in named.items()
        if parameter.default is Parameter.empty and name not in own.parameters
    ]
    if lacking or positions > len(own.parameters):
        needed = ", ".join(lacking) or f"{positions} arguments"
        raise ConfigurationError(
            f"@money_moving({option}=…) on {name_of(function)} needs {needed}, and the function takes "
            f"({', '.join(own.parameters)}): name those of its parameters that are wanted, and no others"
        )


def _signature(call: Function) -> Signature | None:
    try:
        return inspect.signature(call)
    except (ValueError, TypeError):
        return None


def takes_one(call: Function) -> bool:
    """Whether ``call`` can be called with one argument by position, as far as can be read."""
    signature = _signature(call)
    try:
        if signature is not None:
            signature.bind(None)
    except TypeError:
        return False
    return True


def is_async(call: Function) -> bool:
    """Whether calling it gives a coroutine: a coroutine function, or an object whose ``__call__`` is one."""
    inner = innermost(call)
    called = getattr(type(inner), "__call__", None)  # noqa: B004 - the method itself, to see whether it is async
    return inspect.iscoroutinefunction(inner) or inspect.iscoroutinefunction(called)


def innermost(function: Function) -> Function:
    """What a ``partial`` calls."""
    while isinstance(function, functools.partial):
        function = function.func  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType] - of any partial
    return function  # pyright: ignore[reportUnknownVariableType] - as above


def is_task(function: object) -> bool:
    """Whether a job framework has made ``function`` of another, which its workers call."""
    return any(f"{base.__module__}.{base.__name__}" in TASKS for base in type(function).__mro__)


def name_of(function: object) -> str:
    """What a function is called, for messages."""
    if isinstance(function, FittedCallable):
        return name_of(function.call)
    return str(getattr(function, "__qualname__", None) or repr(function))
