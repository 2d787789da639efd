"""Sentences that several rules share, so that the same advice reads the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable

from idem_lint.result_types import Handler, Lookalike, Mark

RETRY = "a retry would run it twice (ADR-007)"


def short_name(handler: Handler) -> str:
    """The name that stands after ``def`` or ``class``."""
    return handler.qualname.rpartition(".")[2]


def where_to_put(handler: Handler, mark: str = "@money_moving") -> str:
    """The place of a mark on this handler, as an instruction."""
    name = short_name(handler)
    bare = mark.removeprefix("@")
    if name == "<lambda>":
        return f"wrap the lambda where it is registered: {bare}(lambda …)"
    if handler.evidence != "inherited":
        return f"put {mark} directly above `def {name}`, below every other decorator"
    if handler.framework.lower().startswith("django"):
        return f'put @method_decorator({bare}, name="post") above `class {name}`'
    return f"override the inherited method in `class {name}` and put {mark} above it"


def undecided(handler: Handler) -> bool:
    """Whether nothing was said about the handler that holds in every case: no mark, in force or not, and no lookalike."""
    return all(mark.conditional for mark in handler.marks) and not handler.lookalikes


def decide(handler: Handler) -> str:
    """What to type where nobody has said yet whether a handler moves money."""
    advice = f'{where_to_put(handler)}, or @not_money_moving(reason="…") if it moves no money'
    if not handler.unknown_decorators:
        return advice
    return (
        f"{advice}; if {decorators(handler.unknown_decorators)} already marks it, name that in extend-marks"
    )


def decorators(written: Iterable[str]) -> str:
    """Decorators in a sentence: "@a or @b"."""
    return " or ".join(f"@{text.removeprefix('@')}" for text in written)


def written(mark: Mark | Lookalike, file: str) -> str:
    """A mark as it stands in the source, and where, for a reader of ``file``."""
    text = mark.written if isinstance(mark, Mark) else mark.name
    elsewhere = "" if mark.place.file == file else f" of {mark.place.file}"
    return f"`{text}` (line {mark.place.line}{elsewhere})"
