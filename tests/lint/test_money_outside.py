"""Money that moves outside the project: what a handler whose name begins with ``yes`` does moves money, what ``no`` does not,
and of ``open`` nobody can say: it is named like money, and something is left open.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.reach.service_paths import asks_money, asks_order, asks_subscription, named_address, reads
from idem_lint.reach.weighed import asks_to_spend, only_reads
from tests.lint.test_money_shapes import verdicts

HEAD = """\
import json, os, subprocess
import httpx, requests, stripe, africastalking
from fastapi import APIRouter, Depends, FastAPI, Request
from django.conf import settings
from pydantic import BaseModel
from vendor.gateway import GatewayClient
from vendor.mail import Postman

app = FastAPI()
router = APIRouter()
BASE = settings.API


class Rail:
    def __init__(self): self.http = requests.Session()
    def post(self, path, body): return self._request("POST", path, body)
    def get(self, path): return self._request("GET", path, None)
    def _request(self, method, path, body): return self.http.request(method, f"{BASE}{path}", json=body)
    def charge(self, amount): return self.post("/v1/charges", {"amount": amount})
    def list_charges(self): return self.post("/v1/charges", {})
    def rename(self, name): return self.post("/v1/customers", {"name": name})


rail = Rail()
"""

SHAPES = {
    "paths say what is asked of a provider": """
        @router.post("/a")
        def yes_captured(id): rail.post(f"/v2/{id}/capture", {})
        @router.post("/b")
        def yes_written_together(): requests.post(f"{BASE}/mpesa/b2c/v3/paymentrequest", json={})
        @router.post("/c")
        def yes_fund_transfer(): requests.post(f"{BASE}/fundtransfer", json={})
        @router.post("/d")
        def no_link(): rail.post("/pay/v1/paymentlink", {})
        @router.post("/e")
        def no_query(): requests.post(f"{BASE}/v1/sim-swap/query", json={})
        @router.post("/f")
        def no_cancelled_payout(id): rail.post(f"/payouts/v3/payments/{id}/cancel", {})
    """,
    "the name of an api is no verb": """
        @router.post("/a")
        def yes_payment(id): rail.post(f"/pay/v1/orders/{id}/payments", {})
        @router.post("/b")
        def no_customer(): rail.post("/pay/v1/customers", {})
        @router.post("/c")
        def no_order(): rail.post("/pay/v1/orders", {})
        @router.post("/d")
        def no_methods(): rail.post("/payment_methods", {})
    """,
    "the settings that hold an address say what it is": """
        @router.post("/a")
        def yes_attribute(): requests.post(settings.PAYOUT_URL, json={})
        @router.post("/b")
        def yes_variable():
            url = settings.STK_PUSH_URL
            httpx.post(url, json={})
        @router.post("/c")
        def yes_environment(): httpx.post(os.environ["TRANSFER_ENDPOINT"], json={})
        @router.post("/payments/d")
        def yes_whole_service(way): httpx.post(f"{settings.PAYMENTS_SERVICE_URL}/{way}", json={})
        @router.post("/e")
        def no_token(): requests.post(settings.TOKEN_URL, json={})
        @router.post("/f")
        def no_whole_service_of_something_else(way): httpx.post(f"{settings.PAYMENTS_SERVICE_URL}/{way}", json={})
    """,
    "a gateway hands on the verb that it is asked with": """
        @router.post("/transfers/{way}")
        def yes_handed_on(request, way): httpx.request(request.method, f"{settings.TRANSFERS_SERVICE_URL}/{way}")
        @router.post("/transfers/{way}/b")
        def yes_named(request, way): httpx.request(method=request.method, url=f"{settings.TRANSFERS_SERVICE_URL}/{way}")
        @router.post("/notes/{way}")
        def no_notes(request, way): httpx.request(request.method, f"{settings.NOTES_URL}/{way}"); httpx.request()
        @router.post("/transfers/{way}/c")
        def no_known_verb(way): httpx.request("GET", f"{settings.TRANSFERS_SERVICE_URL}/{way}")
    """,
    "an address that says nothing counts where a function asks to spend": """
        def create_debit(): requests.post(BASE, json={})
        def buy_token(): requests.post(f"{BASE}/execute", json={})
        def top_up(): return carry()
        def carry(): httpx.post(BASE)
        def send_receipt(): requests.post(BASE)
        def create_payment(): fetch_token(); send_receipt()
        def fetch_token(): requests.post(BASE)

        @router.post("/a")
        def yes_debit(): create_debit()
        @router.post("/b")
        def yes_bought(): buy_token()
        @router.post("/c")
        def yes_topped_up(): top_up()
        @router.post("/d")
        def no_on_the_side(): create_payment()
        @router.post("/e")
        def no_name(): carry()
    """,
    "a function that only reads asks nobody to pay": """
        @router.post("/a")
        def yes_charged(): rail.charge(1)
        @router.post("/b")
        def no_listed(): rail.list_charges()
        @router.post("/c")
        def no_renamed(): rail.rename("a")
        @router.post("/e")
        def no_metered(): rail._request("POST", "/metrics/charges", {})
        @router.post("/d")
        def no_error(): record_api_error("POST", "/v1/charges", 500)
        def record_api_error(method, path, status): print(method, path, status)
    """,
    "a subscription charges where somebody bills": """
        def bill(): rail.post("/v1/subscriptions", {})
        def listen(): rail.post("/v1/webhook/subscriptions", {})
        def change(id): rail.post(f"/v1/subscriptions/{id}", {})

        @router.post("/a")
        def yes_billed(): bill_monthly()
        def bill_monthly(): bill()
        @router.post("/b")
        def no_webhook(): listen()
        @router.post("/c")
        def no_change(id): change(id)
        @router.post("/d")
        def no_letter(): requests.post(f"{BASE}/subscriptions")
    """,
    "clients are put on what a framework hands around": """
        app.state.rail = Rail()
        app.extensions["spare"] = Rail()
        setattr(app, "third", Rail())
        setattr(app.state, input(), None)
        app.state.rail: Rail
        class Box: ...

        def set_spare(spare_rail): app.state.spare_rail = spare_rail
        def from_state(request: Request): return request.app.state.rail
        def from_nowhere(): return 1

        @router.post("/a")
        def yes_state(request: Request): request.app.state.rail.charge(1)
        @router.post("/b")
        def yes_key(request: Request): request.app.extensions["spare"].charge(1)
        @router.post("/c")
        def yes_set(request: Request): request.app.third.charge(1)
        @router.post("/d")
        def yes_handed_on(request: Request): from_state(request).charge(1)
        @router.post("/g")
        def yes_parameter(request: Request): request.app.state.spare_rail.charge(1)
        @router.post("/e")
        def no_other_method(request: Request): request.app.state.rail.rename("a"); from_nowhere().charge(1)
        @router.post("/f")
        def no_other_place(request: Request): request.app.state.nothing.charge(1); request.app.state.rail.fly()
    """,
    "packages that pay, by the catalogue or by what they call their classes": """
        @router.post("/a")
        def yes_airtime(): africastalking.Airtime.send(phone_number="1", amount=1)
        @router.post("/b")
        def yes_client(): GatewayClient().create_order_and_pay(1)
        @router.post("/c")
        def no_sms(): africastalking.SMS.send("hello")
        @router.post("/d")
        def no_mail(): Postman().pay(1)
        @router.post("/e")
        def no_reading_client(): GatewayClient().get_payment(1)
    """,
    "named like money, and followed to the end": """
        class Sheet:
            def price(self, amount): return amount * 2

        @router.post("/payments/a")
        def no_pay_preview(): return Sheet().price(1)
        @router.post("/payments/c")
        def no_pay_page(): return stripe.checkout.Session.create(price=1)
        @router.post("/payments/d")
        def no_pay_customer(): rail.post("/customers", {})
        @router.post("/payments/e")
        def no_pay_log(logger): logger.info("paid"); json.dumps({}); super().note()
        @router.post("/payments/f")
        def open_pay_plugin(plugin): plugin.go()
        @router.post("/payments/g")
        def open_pay_hook(): settings.HOOKS["pay"](1)
        @router.post("/payments/h")
        def open_pay_elsewhere(): requests.post(BASE, json={})
        @router.post("/payments/i")
        def open_pay_command(): subprocess.run(["pay"]); open("a")
        @router.post("/payments/j")
        def open_pay_file(file): json.dump({}, file)
        @router.post("/payments/k")
        def open_pay_sql(db, text): db.execute(text)
        @router.post("/payments/l")
        def no_pay_known_sql(db): db.execute("SELECT 1"); db.add
        @router.post("/payments/m")
        def open_pay_session(session, row): session.add(row)
        @router.post("/payments/n")
        def no_pay_set(seen, row): seen.add(row)
        @router.post("/payments/o")
        def open_pay_row(rows): rows.create(a=1)
        @router.post("/payments/p")
        def no_pay_got(): requests.get(BASE); requests.request("GET", BASE)
    """,
    "a default of a setting decides nothing": """
        class Settings(BaseModel):
            key: str | None = None
            live: bool = False
            OTHER = 1

        config = Settings()
        class Sender:
            def __init__(self):
                self.key = config.key
                self.name = config.OTHER
                self.own = 1
            def send(self, currency):
                if not self.key: raise ValueError
                if not self.name: raise ValueError
                if not self.own: raise ValueError
                self.transfer(currency)
            def transfer(self, currency):
                if not config.live: return
                requests.post(f"{BASE}/transfers")
        class Dry:
            def __init__(self, live): self.live = live
            def send(self):
                if not self.live: return
                requests.post(f"{BASE}/transfers")

        @router.post("/a")
        def yes_configured(): Sender().send("USD")
        @router.post("/b")
        def no_given(): Dry(live=False).send()
        @router.post("/c")
        def yes_given(): Dry(True).send()
        @router.post("/d")
        def no_field_that_is_given(): run(Settings(live=False))
        def run(settings):
            if not settings.live: return
            requests.post(f"{BASE}/transfers")
    """,
    "a method that only heirs have is left open": """
        class Base:
            def go(self): raise NotImplementedError

        @router.post("/payments/a")
        def open_pay_base(base: Base): base.go()
        @router.post("/payments/b")
        def no_pay_own(): Own().go()
        class Own:
            def go(self): return 1
    """,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_what_moves_money_elsewhere_is_seen_for_what_it_is(shape: str, tmp_path: Path) -> None:
    body = "\n".join(line[8:] for line in SHAPES[shape].splitlines())
    found = verdicts(tmp_path, f"{HEAD}\n{body}\n", followed="no")
    said = {"yes": {"likely"}, "no": {"no"}, "open": {"named"}}
    is_tier = shape.startswith(("named", "a method"))
    wrong = {
        name: verdict
        for name, verdict in found.items()
        if verdict
        not in (said[name.partition("_")[0]] | (set() if is_tier or name.startswith("yes") else {"named"}))
    }
    assert len(found) == body.count("@router.post")
    assert wrong == {}


@pytest.mark.parametrize(
    ("path", "says"),
    [
        ("/mpesa/stkpush/v1/processrequest", "money"),
        ("/mpesa/stkpushrequest", "money"),
        ("/standingorder/v1/createStandingOrderExternal", "money"),
        ("/v1/payments/{…}/void", "money"),
        ("https://api.bank.example/v2/transfers?dry=0", "money"),
        ("/transactions/swap/", "money"),
        ("/expenses", "money"),
        ("/api/trade", "order"),
        ("/v3/orders", "order"),
        ("/v1/subscriptions", "subscription"),
        ("/transaction/initialize", "reads"),
        ("/pay/v1/orders/search", "reads"),
        ("/oauth/token", "reads"),
        ("/v1/plans", "reads"),
        ("/orders/{…}/cancel", "reads"),
        ("/v1/things", ""),
        ("", ""),
    ],
)
def test_a_path_says_what_it_asks(path: str, says: str) -> None:
    asked = [
        name
        for name, asks in (
            ("reads", reads),
            ("money", asks_money),
            ("order", asks_order),
            ("subscription", asks_subscription),
        )
        if asks(path)
    ]
    assert asked[:1] == ([says] if says else [])


@pytest.mark.parametrize(
    ("name", "address"),
    [
        ("PAYOUT_URL", "payout"),
        ("PAYMENTS_SERVICE_URL", ""),
        ("amount", ""),
        ("transfer_endpoint", "transfer"),
    ],
)
def test_the_name_of_a_setting_is_an_address(name: str, address: str) -> None:
    assert named_address(name) == address


def test_names_of_functions_say_that_they_read_or_spend() -> None:
    assert all(map(only_reads, ("list_orders", "stk_query", "get_transfer_status", "account_balance")))
    assert not any(map(only_reads, ("get_or_create_payment", "check_and_charge", "pay", "", "fetch_and_pay")))
    assert all(map(asks_to_spend, ("create_debit", "buy_token", "top_up_card", "pay")))
    assert not any(map(asks_to_spend, ("cancel_payment", "create_note", "")))
