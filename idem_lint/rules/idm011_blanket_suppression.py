"""IDM011: a comment that silences the money rules without naming them."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Handler
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name


class BlanketSuppression(Rule):
    code = "IDM011"
    name = "blanket-suppression"
    summary = (
        "A money handler carries a bare `# noqa`, or one that flake8 reads as bare (`# noqa: some words`, `# noqa : "
        "X`), or its file a `# flake8: noqa`. Reported by the command line and the hook; flake8 cannot report it, because "
        "the comment silences it."
    )
    why = (
        "A bare `# noqa` was written for a long line and takes the money rules with it. Opting out of ADR-007 has a "
        'form of its own that gives a reason: `@not_money_moving(reason="…")`. The comment does not silence this '
        "finding."
    )
    per_file = False
    by_comment = False
    bad = """\
from fastapi import APIRouter

router = APIRouter()


@router.post("/wallet/transfers")
def transfer(amount: int) -> dict[str, int]:  # noqa
    return {"amount": amount}
"""
    good = """\
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/transfers")
@money_moving
def transfer(amount: int) -> dict[str, int]:  # noqa: E501
    return {"amount": amount}
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        handlers = list(in_domain(report))
        whole = report.file_noqa
        if whole is not None and handlers:
            names = ", ".join(f"`{handler.qualname}`" for handler in handlers[:3])
            yield self.at(
                whole.place,
                f"`{whole.what}` silences every rule in this file, the money rules of {names}{_more(handlers[3:])} too; "
                "write `# noqa: CODE` in the lines that it is for",
                domain=handlers[0].domain,
                qualname="",
            )
        for handler in handlers:
            comment = report.blanket_noqa.get(handler.place.line)
            if comment is not None:
                yield self.on(
                    handler,
                    f"`{comment.what}` (line {comment.place.line}) on `{full_name(handler)}` silences every rule, the "
                    "money rules too",
                    "name the codes it is for, such as `# noqa: E501`, without other words",
                )


def _more(rest: list[Handler]) -> str:
    return f" and {len(rest)} more" if rest else ""
