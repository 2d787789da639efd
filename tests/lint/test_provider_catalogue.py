"""The catalogue of payment providers: every entry says where its calls are documented."""

from __future__ import annotations

from urllib.parse import urlsplit

import pytest

from idem_lint.reach.provider_catalogue import ASKS_BACK, EXCHANGES, NO_MONEY, NOUNS, PACKAGES
from idem_lint.reach.providers import moves_money

TABLES = {
    "PACKAGES": PACKAGES,
    "EXCHANGES": EXCHANGES,
    "NO_MONEY": NO_MONEY,
    "NOUNS": NOUNS,
    "ASKS_BACK": ASKS_BACK,
}


@pytest.mark.parametrize("table", TABLES)
def test_every_entry_has_its_source_beside_it(table: str) -> None:
    wrong = [
        name
        for name, source in TABLES[table].items()
        if urlsplit(source).scheme != "https"
        or "." not in urlsplit(source).netloc
        or source != source.strip()
    ]
    assert wrong == [], "give each the page where its calls are documented"


def test_every_entry_can_be_met() -> None:
    assert [name for name in (*PACKAGES, *EXCHANGES) if not name.isidentifier()] == []
    assert [name for name in (*NO_MONEY, *ASKS_BACK) if not (name.isalpha() and name.islower())] == []


@pytest.mark.parametrize("package", [*PACKAGES, *EXCHANGES])
def test_a_package_of_the_catalogue_moves_money_by_its_verbs_alone(package: str) -> None:
    assert moves_money(f"{package}.Client.create_transfer")
    assert not moves_money(f"{package}.Client.list_transfers")


@pytest.mark.parametrize("word", NO_MONEY)
def test_what_is_no_movement_is_none_whatever_its_verb(word: str) -> None:
    assert not moves_money(f"stripe.{word.title()}.create")


@pytest.mark.parametrize("word", ASKS_BACK)
def test_what_asks_about_a_movement_makes_none(word: str) -> None:
    assert not moves_money(f"binance.Client.withdraw_{word}")


def test_an_exchange_is_given_orders() -> None:
    assert moves_money("kiteconnect.KiteConnect.place_order")
    assert not moves_money("nobody.Client.place_order")


@pytest.mark.parametrize("call", NOUNS)
def test_a_call_that_is_named_for_a_thing_moves_money_in_the_package_it_is_of(call: str) -> None:
    package, _, name = call.partition(".")
    assert package in PACKAGES
    assert moves_money(f"{package}.Client.checkout.{name}")
    assert not moves_money(f"stripe.{name}")
