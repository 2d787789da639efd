"""Path, module, tag or glob -> money domain."""

from __future__ import annotations

import json
import os
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from idem_lint.settings.config import DEFAULT_DOMAINS, Config, ConfigError
from idem_lint.settings.domain_words import words
from idem_lint.settings.domains import Domains
from tests.lint.ground.folders import make

ROOT = Path("/project")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wallet", "wallet"),
        ("snake_case_name", "snake case name"),
        ("kebab-case.name", "kebab case name"),
        ("camelCaseName", "camel case name"),
        ("PascalCase", "pascal case"),
        ("EWARequest", "ewa request"),
        ("getEWARequests", "get ewa requests"),
        ("EWAs", "ewas"),
        ("myEWAs", "my ewas"),
        ("EWAsView", "ewas view"),
        ("ALL_CAPS", "all caps"),
        ("v2wallet3", "v wallet"),
        ("eWallet", "e wallet"),
        ("HTTPServer2", "http server"),
        ("__init__", "init"),
        ("Überweisung_neu", "überweisung neu"),
        (unicodedata.normalize("NFD", "überweisung"), "überweisung"),
        ("42", ""),
        ("", ""),
        ("caf\udce9_wallet", "caf wallet"),
    ],
)
def test_a_name_falls_into_words(name: str, expected: str) -> None:
    assert words(name) == tuple(expected.split())


@given(st.lists(st.sampled_from(["wallet", "api", "ewa", "http"]), min_size=1), st.sampled_from("_-. "))
def test_words_are_the_same_however_they_are_joined(parts: list[str], separator: str) -> None:
    camel = parts[0] + "".join(part.capitalize() for part in parts[1:])
    assert words(separator.join(parts)) == words(camel) == tuple(parts)


BY_PATH = [
    ("wallet/api.py", "wallet"),
    ("apps/wallets/api.py", "wallet"),
    ("apps/wallet_api.py", "wallet"),
    ("apps/wallet-service/api.py", "wallet"),
    ("apps/WalletController.py", "wallet"),
    ("apps/WALLET/api.py", "wallet"),
    ("payroll/x.py", "payroll"),
    ("payrolls/x.py", "payroll"),
    ("run_payroll_batch.py", "payroll"),
    ("ewa/x.py", "ewa"),
    ("ewas.py", "ewa"),
    ("EWARequest.py", "ewa"),
    ("lending/x.py", "lending"),
    ("loan/x.py", "lending"),
    ("loans/x.py", "lending"),
    ("LoanApplications.py", "lending"),
    ("savings/x.py", "savings"),
    ("saving/x.py", "savings"),
    ("savingsAccounts.py", "savings"),
    ("walletless/x.py", None),
    ("loaner/x.py", None),
    ("ewasx.py", None),
    ("safe/x.py", None),
    ("lendings/x.py", "lending"),
    ("wallet/readme.tar.py", "wallet"),
    ("x.wallet", None),
    ("api.wallet.py", "wallet"),
    ("wallet", "wallet"),
    (".wallet", "wallet"),
    ("x.py", None),
    ("wallet/savings/x.py", "savings"),
    ("wallet/savings/loan_ewa.py", "lending"),
]


@pytest.mark.parametrize(("path", "domain"), BY_PATH)
def test_the_words_of_a_path_name_the_domain(path: str, domain: str | None) -> None:
    assert Domains(Config(ROOT)).of(ROOT / path) == domain


def test_the_name_of_the_root_and_what_lies_above_do_not_count() -> None:
    domains = Domains(Config(Path("/wallet/savings")))
    assert domains.of(Path("/wallet/savings/x.py")) is None
    assert domains.of(Path("/wallet/savings/a/x.py")) is None


def test_outside_the_root_the_whole_path_counts() -> None:
    assert Domains(Config(ROOT)).of(Path("/srv/wallet/a/x.py")) == "wallet"
    assert Domains(Config(ROOT)).of(Path("/srv/a/x.py")) is None
    assert Domains(Config(Path("/"))).of(Path("/srv/wallet/a/x.py")) == "wallet"


def test_relative_paths_are_meant_from_the_working_directory(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    domains = Domains(Config(tmp_path))
    assert domains.of(Path("wallet/x.py")) == "wallet"
    assert domains.of(Path("wallet/../a/x.py")) is None
    assert domains.of(tmp_path / "wallet/../a/x.py") is None


CONFIGURED = [
    ("bill payment", "bill_payment/x.py", True),
    ("bill payment", "billPayment.py", True),
    ("bill payment", "bill-payments/x.py", True),
    ("bill_payment", "BillPaymentsView.py", True),
    ("billPayment", "my_bill_payment_x.py", True),
    ("bill payment", "bill/payment/x.py", False),
    ("bill payment", "payment_bill.py", False),
    ("bill payment", "bill.py", False),
    ("payments", "payment.py", True),
    ("treasury", "treasuries.py", True),
    ("treasuries", "treasury.py", True),
    ("pies", "pie.py", True),
    ("tax", "taxes.py", True),
    ("taxes", "tax.py", True),
    ("branch", "branches.py", True),
    ("business", "businesses.py", True),
    ("business", "busines.py", False),
    ("day", "days.py", True),
    ("fs", "f.py", False),
    ("bnpl", "buy_now_pay_later.py", True),
    ("loan", "lending.py", False),
    ("Überweisung", "überweisungs.py", True),
]


@pytest.mark.parametrize(("domain", "path", "found"), CONFIGURED)
def test_configured_names_match_as_consecutive_words(domain: str, path: str, found: bool) -> None:
    config = Config(ROOT, domains=(domain,))
    assert Domains(config).of(ROOT / path) == (domain if found else None)


def test_the_longest_of_two_names_wins() -> None:
    config = Config(ROOT, domains=("bill", "bill payment"))
    assert Domains(config).of(ROOT / "bill_payment.py") == "bill payment"
    assert Domains(config).of(ROOT / "bill_other.py") == "bill"


def test_all_domains_puts_every_file_in_scope() -> None:
    domains = Domains(Config(ROOT, all_domains=True))
    assert domains.of(ROOT / "x.py") == "all"
    assert domains.of(ROOT / "wallet.py") == "wallet"
    assert domains.rpc_of(ROOT / "x.py") == "all"
    assert domains.rpc_of(ROOT / "services/ledger/x.py") == "ledger"


@pytest.mark.parametrize(
    ("path", "domain"),
    [
        ("services/ledger/x.py", "ledger"),
        ("services/ledger/a/b/x.py", "ledger"),
        ("a/services/ledger.py", "ledger"),
        ("service/ledgers.py", None),
        ("services/integration-gateway/x.py", "integration-gateway"),
        ("services/integration_gateway/a/x.py", "integration-gateway"),
        ("services/IntegrationGateway/x.py", "integration-gateway"),
        ("services/x/ledger/x.py", None),
        ("ledger/x.py", None),
        ("services/ledger/wallet/x.py", "wallet"),
        ("x.py", None),
    ],
)
def test_rpcs_have_two_services_more(path: str, domain: str | None) -> None:
    domains = Domains(Config(ROOT))
    assert domains.rpc_of(ROOT / path) == domain
    assert domains.of(ROOT / path) == (domain if domain == "wallet" else None)
    assert domains.rpc_of(ROOT / path) == domain, "a cached answer is the same"


def test_rpcs_outside_the_root_are_judged_by_the_whole_path() -> None:
    assert Domains(Config(ROOT)).rpc_of(Path("/srv/services/ledger/x.py")) == "ledger"
    assert Domains(Config(Path("/a/services"))).rpc_of(Path("/a/services/ledger/x.py")) is None


def test_globs_of_a_list_put_files_in_a_domain_of_their_own() -> None:
    domains = Domains(Config(ROOT, domain_paths=("apps/pay/**", "**/cash")))
    assert domains.of(ROOT / "apps/pay/a/x.py") == "custom"
    assert domains.of(ROOT / "a/b/cash/c/x.py") == "custom"
    assert domains.of(ROOT / "apps/pay/wallet.py") == "wallet"
    assert domains.of(ROOT / "apps/x.py") is None
    assert domains.of(Path("/apps/pay/a/x.py")) is None


def test_globs_of_a_table_name_the_domain_before_all_else(tmp_path: Path) -> None:
    make(tmp_path, {"project.json": '{"tags": ["scope:ewa"]}'})
    names = {"apps/pay/**": "payments", "apps/**": "apps"}
    domains = Domains(Config(tmp_path, domain_paths=tuple(names), domain_names=names))
    assert domains.of(tmp_path / "apps/pay/wallet/x.py") == "payments"
    assert domains.of(tmp_path / "apps/x.py") == "apps"
    assert domains.of(tmp_path / "wallet/x.py") == "ewa"


def test_globs_are_relative_to_the_configuration_file() -> None:
    config = Config(ROOT, ROOT / "sub/pyproject.toml", domain_paths=("pay/**",))
    assert Domains(config).of(ROOT / "sub/pay/x.py") == "custom"
    assert Domains(config).of(ROOT / "pay/x.py") is None


def test_the_nearest_nx_project_with_a_scope_of_a_known_domain_names_it(tmp_path: Path) -> None:
    make(
        tmp_path,
        {
            "project.json": '{"tags": ["scope:savings"]}',
            "libs/a/project.json": '\ufeff{"tags": ["type:lib", "scope:shared", "scope:wallet"]}',
            "libs/a/b/project.json": '{"name": "b"}',
            "libs/c/project.json": '{"tags": ["scope:shared", "wallet"]}',
            "libs/d/project.json": '{"tags": ["scope:loans"]}',
            "libs/e/project.json/": "",
            "libs/f": "",
        },
    )
    domains = Domains(Config(tmp_path))
    assert domains.of(tmp_path / "libs/a/b/x.py") == "wallet"
    assert domains.of(tmp_path / "libs/a/payroll/x.py") == "wallet"
    assert domains.of(tmp_path / "libs/c/x.py") == "savings"
    assert domains.of(tmp_path / "libs/d/x.py") == "lending"
    assert domains.of(tmp_path / "libs/e/x.py") == "savings"
    assert domains.of(tmp_path / "libs/f/x.py") == "savings"
    assert domains.of(tmp_path / "x.py") == "savings"


def test_an_nx_project_above_the_root_does_not_count(tmp_path: Path) -> None:
    make(tmp_path, {"project.json": '{"tags": ["scope:savings"]}'})
    assert Domains(Config(tmp_path / "a")).of(tmp_path / "a/b/x.py") is None


def test_an_nx_project_may_hold_comments_and_trailing_commas(tmp_path: Path) -> None:
    text = (
        '{\n// see "https://nx.dev"\n"$schema": "http://x/*y*/,}", /* a\nb */ "tags": ["scope:wallet",],\n}'
    )
    make(tmp_path, {"project.json": text})
    assert Domains(Config(tmp_path)).of(tmp_path / "x.py") == "wallet"


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"{", "is not valid JSON"),
        (b"", "is not valid JSON"),
        (b"[]", "found no object; allowed: an Nx project"),
        (b'{"tags": "scope:wallet"}', 'tags: found "scope:wallet"; allowed: a list of strings'),
        (b'{"tags": [1]}', r"tags: found \[1\]; allowed: a list of strings"),
        (b"\xe9", "cannot be read: .*utf-8"),
    ],
)
def test_a_broken_nx_project_is_an_error_that_names_it(tmp_path: Path, content: bytes, message: str) -> None:
    make(tmp_path, {"a/project.json": content})
    with pytest.raises(ConfigError, match=f"{tmp_path / 'a/project.json'}: {message}"):
        Domains(Config(tmp_path)).of(tmp_path / "a/x.py")


def test_an_unreadable_nx_project_is_an_error_that_names_it(tmp_path: Path) -> None:
    os.symlink("project.json", tmp_path / "project.json")
    with pytest.raises(ConfigError, match=f"{tmp_path / 'project.json'}: cannot be read: .*symbolic links"):
        Domains(Config(tmp_path)).of(tmp_path / "x.py")


@given(st.dictionaries(st.text(), st.text() | st.lists(st.text())))
def test_well_formed_json_is_the_same_after_comments_are_taken_out(value: dict[str, str | list[str]]) -> None:
    from idem_lint.settings.nx_tags import _plain

    text = json.dumps(value, indent=1)
    assert json.loads(_plain(text)) == value
    assert json.loads(_plain(text[:-1] + "\n// c\n,}" if value else text)) == value


@pytest.mark.parametrize("domain", DEFAULT_DOMAINS)
def test_every_default_domain_is_found_by_its_own_name(domain: str) -> None:
    assert Domains(Config(ROOT)).of(ROOT / f"{domain}.py") == domain
