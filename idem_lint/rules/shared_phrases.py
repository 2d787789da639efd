"""Sentences that several rules share, so that the same advice reads the same everywhere."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from idem_lint.result_types import Finding, Handler, Lookalike, Mark, Site, Step, Write
from idem_lint.settings.domains import ALL

_NAMED = 3
"""How many routes are named in a sentence."""
RETRY = "a retry would run it twice (ADR-007)"


def full_name(handler: Handler) -> str:
    """The name with its classes and enclosing functions: ``Deposit.post``, ``crud_router.create_item``."""
    return handler.qualname.replace(".<locals>", "")


def short_name(handler: Handler) -> str:
    """The name that stands after ``def`` or ``class``."""
    return handler.qualname.rpartition(".")[2]


def within(domain: str | None) -> str:
    """Where something counts, to stand behind it: " in the wallet domain"; nothing where every module counts."""
    return "" if domain == ALL else f" in the {domain} domain"


def subject(handler: Handler) -> str:
    """Who answers what, and where it counts: "`Deposit.post` answers POST /wallet/deposits in the wallet domain"."""
    name = f"`{full_name(handler)}`"
    domain = within(handler.domain)
    if handler.is_rpc:
        return f"{name} is an RPC{domain}"
    route = f" {handler.route}" if handler.route else ""
    if handler.inherited:
        methods = " and ".join(f"`{method}`" for method in handler.inherited)
        return f"{name} answers POST{route} by its inherited {methods}{domain}"
    return f"{name} answers POST{route}{domain}"


def where_to_put(handler: Handler, mark: str = "@money_moving") -> str:
    """The place of a mark on this handler, as an instruction."""
    name = short_name(handler)
    bare = mark.removeprefix("@")
    if name == "<lambda>":
        return f"wrap the lambda where it is registered: {bare}(lambda …)"
    if handler.advice:
        return handler.advice.format(mark=bare, name=name, view=handler.qualname)
    if handler.evidence != "inherited":
        return f"put {mark} directly above `def {name}`, below every other decorator"
    method = next(iter(handler.inherited), "post")
    return f"give `class {name}` a `{method}` that goes on to super().{method}(…), and put {mark} above it"


def undecided(handler: Handler) -> bool:
    """Whether nothing was said about the handler that holds in every case: no mark, in force or not, and no lookalike."""
    return all(mark.conditional for mark in handler.marks) and not handler.lookalikes


def decide(handler: Handler) -> str:
    """What to type where nobody has said yet whether a handler moves money."""
    if handler.has_adapter:
        advice = f'{mark_as_moving(handler)}, or @not_money_moving(reason="…") if it moves no money'
    else:
        advice = f'{mark_as_moving(handler)}; if it moves no money, @not_money_moving(reason="…") is enough'
    advice += serves_several(handler)
    if handler.weaker_decorators:
        weaker = decorators(handler.weaker_decorators)
        advice += f"; {weaker} is no mark: what a crash leaves, a retry executes again (docs/powertools.md)"
    if not handler.unknown_decorators:
        return advice
    return (
        f"{advice}; if {decorators(handler.unknown_decorators)} already marks it, name that in extend-marks"
    )


def serves_several(handler: Handler) -> str:
    """That one mark counts for several routes, to stand behind an advice; nothing where there is one.

    What a function makes anew for each route carries a mark of its own there; one function behind several routes needs
    ``operation=``, which the runtime asks for at its start.
    """
    count = max(len(handler.routes), len(handler.registered))
    if count < 2 or handler.is_rpc:
        return ""
    routes = ", ".join(handler.routes[:_NAMED]) + (", …" if len(handler.routes) > _NAMED else "")
    named = f" ({routes})" if len(handler.routes) == count else ""
    is_one = handler.has_adapter and ".<locals>." not in handler.qualname
    needs = ', and @money_moving needs operation="…" for that' if is_one else ""
    return f"; one mark there serves all {count} routes{named}{needs}"


def listed(operations: Iterable[str]) -> str:
    """Operations in a sentence, the first ones of many."""
    names = [*operations]
    shown = names[:_NAMED] + ([f"{len(names) - _NAMED} more"] if len(names) > _NAMED else [])
    return " and ".join(shown)


def mark_as_moving(handler: Handler) -> str:
    """How to say that a handler moves money so that the runtime makes it true.

    Where nothing of the runtime serves the framework, a mark on the handler is refused at its first request
    (``NotInstalled``): the mark belongs on a plain function that the handler calls, and the opt-out where the mark would be.
    """
    if handler.has_adapter:
        return where_to_put(handler)
    opt_out = where_to_put(handler, '@not_money_moving(reason="… is marked")')
    return (
        f"put @money_moving(operation=…, key=…, principal=…) on the function that moves the money, and {opt_out}, because "
        f"the runtime has no adapter for {handler.framework} (docs/runtime.md, Frameworks without an adapter)"
    )


def decorators(written: Iterable[str]) -> str:
    """Decorators in a sentence: "@a or @b"."""
    return " or ".join(f"@{text.removeprefix('@')}" for text in written)


def written(mark: Mark | Lookalike, file: str) -> str:
    """A mark as it stands in the source, and where, for a reader of ``file``."""
    text = mark.written if isinstance(mark, Mark) else mark.name
    elsewhere = "" if mark.place.file == file else f" of {mark.place.file}"
    return f"`{text}` (line {mark.place.line}{elsewhere})"


def is_local(handler: Handler) -> bool:
    """Whether the marks in force say that all that the handler does is in one transaction."""
    return handler.mark == "money_moving" and not any(mark.is_external for mark in handler.effective())


def on_a_chain(finding: Finding, write: Write) -> Finding:
    """A finding about a write, with the way to it: each function with the line that leads on, then the write."""
    chain = tuple(Site(step.place, said(step, write), step.qualname) for step in write.chain)
    return replace(finding, chain=chain, severity="error" if write.certainty == "sure" else "warning")


def said(step: Step, write: Write) -> str:
    """What stands at a step of a chain: "`transfer` calls ledger.post(…)", "`post` writes account.balance -= …"."""
    return f"`{step.qualname}` {'writes' if step is write.chain[-1] else 'calls'} {step.what}"


def doubt(write: Write) -> str:
    """What stands behind "writes money" where nobody has said that it does."""
    return "" if write.certainty == "sure" else ", as far as the source tells"
