"""The rules, in the order of their codes. A rule is one file; this list is the only other place that names it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from idem_lint.result_types import FileReport, Finding, Place
from idem_lint.rules.idm001_unmarked_money_post import UnmarkedMoneyPost
from idem_lint.rules.idm002_contradictory_marks import ContradictoryMarks
from idem_lint.rules.idm003_ineffective_mark import IneffectiveMark
from idem_lint.rules.idm004_opt_out_without_reason import OptOutWithoutReason
from idem_lint.rules.idm005_opt_out_expired import OptOutExpired
from idem_lint.rules.idm006_undecidable_route import UndecidableRoute
from idem_lint.rules.idm007_any_method_view import AnyMethodView
from idem_lint.rules.idm008_money_moving_safe_method import MoneyMovingSafeMethod
from idem_lint.rules.idm009_own_idempotency import OwnIdempotency
from idem_lint.rules.idm010_lookalike_mark import LookalikeMark
from idem_lint.rules.idm011_blanket_suppression import BlanketSuppression
from idem_lint.rules.idm012_money_outside_domains import MoneyOutsideDomains
from idem_lint.rules.idm013_placeholder_reason import PlaceholderReason
from idem_lint.rules.idm014_unused_suppression import UnusedSuppression
from idem_lint.rules.idm015_suppression_without_reason import SuppressionWithoutReason
from idem_lint.rules.idm101_opt_out_reaches_ledger import OptOutReachesLedger
from idem_lint.rules.idm102_unguarded_ledger_write import UnguardedLedgerWrite
from idem_lint.rules.idm103_deferred_write import DeferredWrite
from idem_lint.rules.idm104_handler_ends_transaction import HandlerEndsTransaction
from idem_lint.rules.idm105_external_effect_in_local import ExternalEffectInLocal
from idem_lint.rules.idm106_no_way_to_transaction import NoWayToTransaction
from idem_lint.rules.idm201_rpc_request_without_key import RpcRequestWithoutKey
from idem_lint.rules.idm900_cannot_parse import CannotParse
from idem_lint.rules.own_faults import described
from idem_lint.rules.rule import Rule, RuleSettings

__all__ = ["RULES", "Rule", "RuleSettings", "find", "judge"]

RULES: tuple[Rule, ...] = (
    UnmarkedMoneyPost(),
    ContradictoryMarks(),
    IneffectiveMark(),
    OptOutWithoutReason(),
    OptOutExpired(),
    UndecidableRoute(),
    AnyMethodView(),
    MoneyMovingSafeMethod(),
    OwnIdempotency(),
    LookalikeMark(),
    BlanketSuppression(),
    MoneyOutsideDomains(),
    PlaceholderReason(),
    UnusedSuppression(),
    SuppressionWithoutReason(),
    OptOutReachesLedger(),
    UnguardedLedgerWrite(),
    DeferredWrite(),
    HandlerEndsTransaction(),
    ExternalEffectInLocal(),
    NoWayToTransaction(),
    RpcRequestWithoutKey(),
    CannotParse(),
)


def find(name: str) -> Rule | None:
    """The rule with this code or name, in any case."""
    return next((rule for rule in RULES if name.upper() == rule.code or name.lower() == rule.name), None)


def judge(reports: Iterable[FileReport], settings: RuleSettings) -> Iterator[Finding]:
    """Every finding of every rule, unsorted; a rule that fails is a finding, too."""
    for report in reports:
        for rule in RULES:
            try:
                yield from list(rule.check(report, settings))
            except Exception as error:  # noqa: BLE001 - said as a finding: the other rules and files go on.
                yield CannotParse().fault(Place(report.file, 1, 1), described(error), report.domain)
