"""IDM105: a local money-moving handler that calls a payment provider."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import full_name, is_local, on_a_chain

_OUTSIDE = frozenset({"provider", "service", "message"})


class ExternalEffectInLocal(Rule):
    code = "IDM105"
    name = "external-effect-in-local"
    summary = "A local money-moving handler moves money at a provider, another service or through a queue."
    why = (
        '`effect="local"` is exactly once because everything is in one transaction of your Postgres. A charge at a '
        "provider is in none: if the commit fails afterwards, the key is free and the retry charges again. "
        '`effect="external"` keeps the claim before the call, and says unknown where nobody knows (ADR-007).'
    )
    per_file = False
    follows_money = True
    bad = """\
import stripe
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/charges")
@money_moving
def charge(amount: int) -> str:
    return stripe.PaymentIntent.create(amount=amount, currency="eur").id
"""
    good = """\
import stripe
from fastapi import APIRouter

from idem_runtime import money_moving

router = APIRouter()


@router.post("/wallet/charges")
@money_moving(effect="external")
def charge(amount: int) -> str:
    return stripe.PaymentIntent.create(amount=amount, currency="eur").id
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            writes = handler.money.writes if handler.money is not None and is_local(handler) else ()
            write = next((each for each in writes if each.kind in _OUTSIDE and not each.is_deferred), None)
            if write is not None:
                yield on_a_chain(
                    self.on(
                        handler,
                        f"`{full_name(handler)}` has a local effect by its mark, and moves money elsewhere: {write.sink}",
                        'write @money_moving(effect="external") (docs/runtime.md)',
                    ),
                    write,
                )
