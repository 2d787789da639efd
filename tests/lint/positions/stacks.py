"""Snippets that many frameworks share: where a mark may stand in a stack of decorators, and how they are judged.

Every snippet serves POST on ``/pay`` and, where it has a second route, on ``/pay-again``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from tests.lint.positions.recorder import Snippet, application, executions

Table: TypeAlias = Iterable[tuple[str, bool, str]]
Post: TypeAlias = Callable[[Any, str], int]

OTHER = """
def other(function):
    @wraps(function)
    async def wrapper(*args, **kwargs):
        return await function(*args, **kwargs)

    return wrapper

"""


def snippets(prelude: str, table: Table, ending: str = "") -> tuple[Snippet, ...]:
    """The rows of a table as whole programs."""
    return tuple(Snippet(name, prelude + OTHER + body + ending, effective) for name, effective, body in table)


def stacks(route: str, again: str, function: str) -> Table:
    """The orders of one or two route decorators, another decorator and the mark above ``function`` (named ``pay``)."""
    mark, other = "@money_moving", "@other"
    orders = (
        ("below the route", True, (route, mark)),
        ("above the route", False, (mark, route)),
        ("with options, below the route", True, (route, '@money_moving(operation="pay")')),
        ("with options, above the route", False, ('@money_moving(operation="pay")', route)),
        ("between two routes", False, (route, mark, again)),
        ("below two routes", True, (route, again, mark)),
        ("above two routes", False, (mark, route, again)),
        ("below another decorator", True, (route, other, mark)),
        ("above another decorator, below the route", True, (route, mark, other)),
        ("above another decorator and the route", False, (mark, other, route)),
        ("above the route, which is above another decorator", False, (mark, route, other)),
    )
    return (
        *((name, effective, "\n".join(lines) + function) for name, effective, lines in orders),
        ("applied after registration", False, f"{route}{function}\npay = money_moving(pay)\n"),
    )


class NotRouted(Exception):
    """The POST answers 404: above the route decorator, the mark hid the route from its controller."""


def routed(status: int) -> int:
    """The status; ``NotRouted`` for a 404."""
    if status == 404:
        raise NotRouted
    return status


def every_post_runs_the_mark(source: str, post: Post) -> bool:
    """Whether each POST of the snippet's paths runs the mark exactly once; ``post`` answers with the status."""
    module = application(source)
    paths = ["/pay", *(["/pay-again"] if "/pay-again" in source else [])]
    runs = [
        _runs(module.app, path, post) for path in paths
    ]  # every request is sent, also after one that did not
    return all(runs)


def _runs(app: Any, path: str, post: Post) -> bool:
    with executions() as count:
        status = post(app, path)
    assert status in {200, 201}, f"POST {path} answers {status}"
    return count() == 1
