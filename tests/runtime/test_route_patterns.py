"""Words and globs of routes: one table of examples for ``require_marks=`` and for the linter's domains."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.settings.config import Config
from idem_lint.settings.domain_words import words as linters_words
from idem_lint.settings.domains import Domains
from idem_lint.settings.globs import Glob
from idem_runtime.startup.route_patterns import Pattern, words

ROOT = Path("/project")

WORDS = [
    ("wallet", "wallet", True),
    ("wallet", "api/v1/wallet/transfers", True),
    ("wallet", "api/wallets/{id}", True),
    ("wallet", "wallet-api/x", True),
    ("wallet", "WalletController/x", True),
    ("wallet", "api/WALLET/x", True),
    ("wallet", "v2wallet3/x", True),
    ("wallet", "accounts/{wallet_id}", True),
    ("wallet", "walletless/x", False),
    ("wallet", "api/other", False),
    ("ewa", "EWARequests/x", True),
    ("ewa", "getEWAs/x", True),
    ("ewa", "ewasx", False),
    ("lending", "loans/{id}", True),
    ("lending", "lendings", True),
    ("loan", "lending", False),
    ("bnpl", "buy_now_pay_later", True),
    ("bill payment", "bill_payment/x", True),
    ("bill_payment", "billPayments", True),
    ("bill-payment", "my_bill_payment_x", True),
    ("bill payment", "bill/payment", False),
    ("bill payment", "payment_bill", False),
    ("treasury", "treasuries", True),
    ("treasuries", "treasury", True),
    ("pies", "pie", True),
    ("tax", "taxes", True),
    ("taxes", "tax", True),
    ("branch", "branches", True),
    ("business", "businesses", True),
    ("business", "busines", False),
    ("day", "days", True),
    ("fs", "f", False),
    ("Überweisung", "überweisungs", True),
]

GLOBS = [
    ("api/v1", "api/v1", True),
    ("/api/v1/", "api/v1/transfers", True),
    ("api/v1", "api/v10/transfers", False),
    ("api/v1", "old/api/v1", False),
    ("api/*/wallet", "api/v1/wallet/transfers", True),
    ("api/*/wallet", "api/v1/eu/wallet", False),
    ("v?", "v1/transfers", True),
    ("v?", "v10/transfers", False),
    ("**/transfers", "transfers", True),
    ("**/transfers", "a/b/transfers/{id}", True),
    ("**/transfers", "a/b/nontransfers", False),
    ("wallet/**", "wallet/a/b", True),
    ("wallet/**", "wallets/a", False),
    ("wallet/**/out", "wallet/out", True),
    ("wallet/**/out", "wallet/a/b/out", True),
    ("pay**", "payments", True),
    ("pay**", "pay/ments", True),
    ("pay*", "api/payments", False),
    ("v[12]/x", "v1/x", True),
    ("v[12]/x", "v3/x", False),
    ("v[!12]/x", "v3/x", True),
    ("v[^12]/x", "v1/x", False),
    ("v[1-3]/x", "v2/x", True),
    ("a[b/]c", "a/c", False),
    ("v1.0/{id}", "v1.0/{id}", True),
    ("v1.0/{id}", "v1x0/{id}", False),
    ("2024", "2024/x", True),
]


@pytest.mark.parametrize(("text", "route", "matches"), WORDS)
def test_words_select_routes_as_the_linters_domains_select_files(
    text: str, route: str, matches: bool
) -> None:
    assert Pattern(text).matches(f"/{route}") == Pattern(f"/{text}").matches(route) == matches
    assert (Domains(Config(ROOT, domains=(text,))).of(ROOT / route / "x.py") == text) == matches


@pytest.mark.parametrize(("text", "route", "matches"), GLOBS)
def test_globs_select_routes_as_the_linters_do(text: str, route: str, matches: bool) -> None:
    assert Pattern(text).matches(f"/{route}") == matches
    assert Glob(text).matches(route) == matches


@pytest.mark.parametrize(
    "name", ["getEWARequests", "ALL_CAPS", "EWAsView", "v2wallet3", "HTTPServer2", "42", "eWallet"]
)
def test_names_fall_into_the_same_words(name: str) -> None:
    assert words(name) == linters_words(name)
