"""What a decorator or call that nobody can read might register: it is given a path, a verb, ``methods=``, or a view class.

Pure: from a value, the node as written and its arguments to a clause for people, or to nothing where it is plainly no
route that answers POST.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from idem_lint.engine import parameter_binding
from idem_lint.engine.dotted_names import written
from idem_lint.engine.module_facts import FunctionNode, terminal
from idem_lint.engine.parameter_binding import HANDLER_WORDS, METHOD_WORDS, Arguments, Slot
from idem_lint.engine.value_types import (
    Applied,
    Const,
    External,
    Func,
    Klass,
    Made,
    Value,
    innermost,
    options,
)
from idem_lint.finding.not_routes import is_no_route
from idem_lint.finding.unread_calls import origin

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.interface import Unread

_OTHER_VERBS = frozenset({"get", "put", "patch", "delete", "head", "options", "trace", "connect", "query"})
_HANDLER = Slot(None, HANDLER_WORDS, callable=True)
_PATHS = ("path", "paths", "url", "uri", "rule", "route", "endpoint", "pattern", "url_path", "prefix")
_PATH = re.compile(r"/[\w\-./{}<>:*%$@~+?()\[\]\\^,=|]*")
_NAMED = re.compile(r"(?:^|_)post(?:_(?:route|endpoint|handler|view|api|request|method|json|form))?$")
_REGISTERS = re.compile(
    r"(?:^|_)(?:add|register|route|routes|mount|attach|install|include|view|resource|endpoint|handler)(?:_|$)"
)
# What alone says nothing of a call of the project's own, which may be given a path for anything.
_PATH_ALONE = "is given the path"
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
# Methods of a class that answer POST in one framework or another; ``create`` is a common name beside.
_VIEW_METHODS = frozenset({"do_POST", "http_post", "on_post", "post"})
_SPELLED = re.compile(r"_?(?:async_)?(?:answer|dispatch|handle|http|on|process|render|serve)_POST")
"""A name that a project's own framework puts together with the method of a request: ``on_POST``."""
_CREATES = ("create",)


def reason(unread: Unread, evaluator: Evaluator) -> str | None:
    """Why a decorator or call may make a handler of its target; None where it does not look like it."""
    root = origin(unread.value)
    if isinstance(root, External) and is_no_route(root.name):
        return None
    call = _call(unread)
    name = _name(unread)
    given = Arguments((), {})
    if call is not None:
        given = parameter_binding.read(call, evaluator, unread.scope, unread.environment)
    if not is_decorator(unread) and not _is_given_as_handler(given):
        return None
    if call is not None and isinstance(call.func, ast.Call):
        made = parameter_binding.read(call.func, evaluator, unread.scope, unread.environment)
        given = made.then(given)
    elif call is None:
        given = Arguments(tuple(_operands(unread.node)), {})
    sign = _sign(name, given, is_kept=unread.keeper is not None)
    is_of_own_call = not is_decorator(unread) and unread.keeper is not None
    if sign == "" or (is_of_own_call and (sign is None or sign.startswith(_PATH_ALONE))):
        return None
    if isinstance(unread.target, Klass):
        return _of_class(unread.target, name, sign, evaluator, is_call=not is_decorator(unread))
    return sign


def _call(unread: Unread) -> ast.Call | None:
    """The call with the arguments: the decorator's own, or the one that made what is used as a decorator."""
    if isinstance(unread.node, ast.Call):
        return unread.node
    return unread.value.call if isinstance(unread.value, Made) else None


def is_decorator(unread: Unread) -> bool:
    """Whether the target is what it is put on as a decorator, not an argument of the call."""
    target = innermost(unread.target)
    decorated = getattr(
        target if isinstance(target, ast.AST) else getattr(unread.target, "node", None), "decorator_list", ()
    )
    return unread.node in decorated


def _name(unread: Unread) -> str:
    """The last name of the callee, as written; none where it is what a call without arguments gives (``found.get()``)."""
    node: ast.expr = unread.node
    while isinstance(node, ast.Call | ast.Subscript | ast.BinOp):
        match node:
            case ast.Call(args=[], keywords=[]) if node is not unread.node:
                return ""
            case ast.Call():
                node = node.func
            case ast.BinOp():
                node = node.left
            case _:
                node = node.value
    return terminal(node)


def _operands(node: ast.expr) -> Iterator[Value]:
    """The texts in a decorator that is no call: ``@POST["/transfers"]``, ``@(api / "transfers")``."""
    if isinstance(node, ast.Subscript | ast.BinOp):
        yield from (Const(part.value) for part in ast.walk(node) if isinstance(part, ast.Constant))


def _is_given_as_handler(given: Arguments) -> bool:
    """Whether the call is given a function or class itself: by position, or under a name that handlers have."""
    value = given.get(_HANDLER)
    return value is not None and any(map(parameter_binding.is_handler, options(value)))


def _sign(name: str, given: Arguments, *, is_kept: bool) -> str | None:
    """What among the arguments and in the name speaks for a route that answers POST; empty where something speaks
    against it, None where nothing speaks. Of what only is kept, "any" may be something else than every method.
    """
    for keyword in METHOD_WORDS:
        if keyword in given.keywords:
            names, problem = parameter_binding.methods(given.keywords[keyword])
            if names & {"POST", "*"} or problem:
                return f"is given `{keyword}=`"
            if names:
                return ""
    verbs = {verb for value in given.positional for verb in parameter_binding.verbs(value)}
    values = [*given.positional, *(given.keywords[word] for word in _PATHS if word in given.keywords)]
    texts = [text for value in values for text in _texts(value)]
    verbs = verbs.union(*map(parameter_binding.verb_before_path, texts))
    if verbs & ({"POST"} if is_kept else {"POST", "*"}):
        return "is given the verb POST"
    if (verbs - {"*"} if is_kept else verbs) or name.lower() in _OTHER_VERBS:
        return ""
    path = next((text for text in texts if _PATH.fullmatch(text)), None)
    if (named := _named(name)) is not None:
        is_other = _starts_with_a_word if is_kept else _starts_with_no_text
        return named if path is not None or not is_other(given) else ""
    return f'{_PATH_ALONE} "{path}"' if path is not None else None


def _starts_with_no_text(given: Arguments) -> bool:
    """Whether a number or the like stands where a route has its path: ``server.post(7)``."""
    return any(
        isinstance(value, Const) and not isinstance(value.value, str) for value in given.positional[:1]
    )


def _starts_with_a_word(given: Arguments) -> bool:
    """Whether something that is no path stands where a route has it: ``ledger.post("debit")``."""
    return any(isinstance(value, Const) and "/" not in str(value.value) for value in given.positional[:1])


def _named(name: str) -> str | None:
    """What the name of a callee says of POST."""
    words = _HUMP.sub("_", name).lower() if not name.isupper() else name.lower()
    return "has POST in its name" if _NAMED.search(words) else None


def _texts(value: Value) -> list[str]:
    return [
        option.value
        for option in options(value)
        if isinstance(option, Const) and isinstance(option.value, str)
    ]


def _of_class(
    klass: Klass, name: str, sign: str | None, evaluator: Evaluator, *, is_call: bool
) -> str | None:
    """A class counts where it has a method that answers POST, and where what it is given to sounds like registering."""
    bases = [base for base in evaluator.mro(klass) if isinstance(base, Klass)]
    methods = (name for base in bases for name in view_methods(base) if _has(klass, name, evaluator))
    method = next(methods, None)
    words = _HUMP.sub("_", name).lower()
    if method is not None and (sign or not is_call or _REGISTERS.search(words)):
        return sign or f"is given a class with `{method}`"
    created = next((name for name in _CREATES if _has(klass, name, evaluator)), None)
    return sign if created is not None else None


def view_methods(klass: Klass) -> list[str]:
    """What the body of a class has by whose name it answers POST in one framework or another: ``post``, ``do_POST``."""
    return [name for name in klass.body.bindings if name in _VIEW_METHODS or is_spelled(klass, name)]


def is_spelled(klass: Klass, name: str) -> bool:
    """Whether a class has a method that is called so."""
    return _SPELLED.fullmatch(name) is not None and any(
        isinstance(binding.node, FunctionNode) for binding in klass.body.bindings[name]
    )


def _has(klass: Klass, name: str, evaluator: Evaluator) -> bool:
    return isinstance(evaluator.class_attribute(klass, name), Func | Applied)


def subject(unread: Unread) -> str:
    """The decorator or callee as written, for people."""
    return written(unread.node)


__all__ = ["is_decorator", "is_spelled", "reason", "subject", "view_methods"]
