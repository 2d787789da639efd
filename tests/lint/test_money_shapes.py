"""The money map, shape by shape: what a handler whose name begins with ``yes`` does moves money, what ``no`` does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.reach.record_names import is_movement
from idem_lint.reports.money import moves
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.front.project import write

MODELS = """\
import asyncio, functools, threading
from decimal import Decimal
from typing import Annotated, Optional, Protocol

import httpx, requests, stripe, zeep
from fastapi import APIRouter, BackgroundTasks, Depends
from sqlalchemy import Column, Integer, MetaData, Table, text, update
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column

router = APIRouter()


class Base(DeclarativeBase): ...


class Account(Base):
    __tablename__ = "accounts"
    id: Mapped[int] = mapped_column(primary_key=True)
    balance: Mapped[int]
    name: Mapped[str]

    def credit(self, amount): self.balance += amount
    def rename(self, name): self.name = name


class Payment(Base):
    __tablename__ = "payments"
    id: Mapped[int] = mapped_column(primary_key=True)
    account_id: Mapped[int]
    amount: Mapped[int]
    status: Mapped[str]
    PAID = "paid"


class Note(Base):
    __tablename__ = "notes"
    text: Mapped[str]


class Plain:
    balance = 0

    def take(self): self.balance -= 1


def book(session, amount): session.add(Payment(amount=amount))
def look(session): return session.get(Account, 1)
"""

SHAPES = {
    "balances that were read elsewhere": """
        @router.post("/a")
        def no_rows_of_a_report():
            rows = [{"name": account.name, "balance": account.balance} for account in Account.query]
            for row in rows: row["balance"] += 1
        @router.post("/b")
        def no_copy(account: Account):
            told = exchange.fetch_balance("EUR")
            account.balance = told
        @router.post("/c")
        def yes_through_too_many_names(account: Account):
            a = exchange.fetch_balance("EUR")
            b = a; c = b; d = c; e = d; f = e; g = f
            account.balance = g
    """,
    "branches that constants decide": """
        FLAG = False

        def either(session, on, kind="dry", rows=()):
            note = look(session) if on else book(session, 1)
            if not on and kind == "live" or kind is None: book(session, 2)
            if kind != "dry" and rows: book(session, 3)
            with session:
                if on:
                    return note
                raise ValueError

        def chosen(mode):
            if mode == "dry":
                return False
            return True

        def by_mode(session, mode):
            go = chosen(mode)
            if go: book(session, 1)

        def by_loop(session, on):
            for each in [1]:
                if on:
                    break
            while on:
                on = False
            try:
                pass
            except ValueError:
                if on: book(session, 1)
            finally:
                pass
            match on:
                case 1: book(session, 1)

        def compared(session, on, mode):
            kept = on
            if kept: book(session, 1)
            if on > 1: return
            book(session, 2)

        def unknown_mode(session, on):
            mode = missing(on)
            if mode: book(session, 1)

        @router.post("/0a")
        def yes_compared(session=Depends()): compared(session, "b", 1)
        @router.post("/0b")
        def yes_unknown_mode(session=Depends()): unknown_mode(session, "a")
        @router.post("/a")
        def no_on(session=Depends()): either(session, True)
        @router.post("/b")
        def yes_off(session=Depends()): either(session, False)
        @router.post("/c")
        def yes_live(session=Depends()): either(session, 0, "live")
        @router.post("/d")
        def yes_kind(session=Depends()): either(session, True, "other", [1])
        @router.post("/e")
        def no_rows(session=Depends()): either(session, True, "other", [])
        @router.post("/f")
        def no_constant(session=Depends()):
            if FLAG: book(session, 1)
            if 0: book(session, 1)
        @router.post("/g")
        def no_mode(session=Depends()): by_mode(session, "dry")
        @router.post("/h")
        def yes_mode(session=Depends()): by_mode(session, "live")
        @router.post("/i")
        def yes_loop(session=Depends()): by_loop(session, look)
        @router.post("/j")
        def yes_unknown(session=Depends(), flag: bool = True):
            if flag > 1: book(session, 1)
        @router.post("/k")
        def yes_bool(session=Depends()): either(session, bool(None))
    """,
    "balances": """
        def pair(session): return session.get(Account, 1), session.get(Account, 2)
        ACCOUNTS = {}

        @router.post("/a")
        def yes_loop(session=Depends()):
            for account in session.query(Account): account.balance = account.balance + 1
        @router.post("/b")
        def yes_with(session=Depends()):
            with session.get(Account, 1) as account: account.balance -= 1
        @router.post("/c")
        def yes_unpacked(session=Depends()):
            first, second = pair(session)
            first.balance, second.balance = 1, 2
        @router.post("/d")
        def yes_method(session=Depends()): session.get(Account, 1).credit(2)
        @router.post("/e")
        def no_method(session=Depends()): session.get(Account, 1).rename("x")
        @router.post("/f")
        def yes_mapping():
            ACCOUNTS["a"]["balance"] -= 1
        @router.post("/g")
        def no_plain():
            plain = Plain(); plain.balance -= 1; plain.take()
        @router.post("/h")
        def no_new(session=Depends()):
            account = Account(name="x"); account.balance = 0; session.add(account)
        @router.post("/i")
        def no_zero(session=Depends()): session.add(Account(balance=Decimal(0), name="x"))
        @router.post("/j")
        def yes_opening(amount: int, session=Depends()): session.add(Account(balance=amount))
        @router.post("/k")
        def no_other_column(session=Depends()):
            account: Account = session.get(Account, 1); account.name = "x"; account.name += "y"
            held: int
        @router.post("/l")
        def yes_by_name(session=Depends()): setattr(session.get(Account, 1), "balance", 1)
        @router.post("/m")
        def no_by_name(session=Depends()): setattr(session.get(Account, 1), "name", 1); setattr(1, 2, 3)
        @router.post("/m2")
        def yes_named_mapping(balances, user): balances[user] -= 1
        @router.post("/m3")
        def no_named_mapping(limits, user): limits[user] -= 1; limits["a"] = 1; config["balance"] = 1
        @router.post("/n")
        def yes_unknown_owner(thing): thing.wallet.balance -= 1
        @router.post("/o")
        def no_ratio(settings): settings.balance_ratio = 1
        @router.post("/p")
        def yes_walrus(session=Depends()):
            if (account := session.get(Account, 1)): account.balance -= 1
        @router.post("/q")
        def yes_annotated(account: "Account | None" = Depends()): account.balance -= 1
        @router.post("/r")
        def yes_optional(account: Optional[Account] = None): account.balance -= 1
        @router.post("/s")
        def yes_list(accounts: list[Account]):
            accounts[0].balance -= 1
        @router.post("/t")
        def no_broken_annotation(account: "Account |" = None): account.name = 1
    """,
    "statuses": """
        @router.post("/a")
        def yes_attribute(session=Depends()): session.get(Payment, 1).status = Payment.PAID
        @router.post("/b")
        def no_attribute(session=Depends()): session.get(Payment, 1).status = "open"
        @router.post("/c")
        def yes_by_name(session=Depends()): setattr(session.get(Payment, 1), "status", "paid")
        @router.post("/d")
        def no_unpaid(session=Depends()): session.get(Payment, 1).status = "un_paid"
        @router.post("/e")
        def yes_update(session=Depends()):
            session.execute(update(Payment).values({Payment.status: "paid"}))
        @router.post("/f")
        def no_note(session=Depends()): session.get(Note, 1).status = "paid"
        @router.post("/g")
        def no_name_only(status): thing.status = status
        @router.post("/h")
        def no_update(session=Depends()): session.execute(update(Payment).values(*[1], status="open"))
        @router.post("/h2")
        def no_update_of_other(rows: list[Payment], session=Depends()):
            session.query(Payment).update({"account_id": 1, "note": 2}); rows[0].update(account_id=1, **values)
            session.query(Payment).update({key: 1, **values}); session.execute(update(Note).values(status="paid", x=1))
        @router.post("/i")
        def no_statement(): return str(update(Payment).values(status="paid"))
    """,
    "statuses of rows that nobody knows": """
        def of(thing): return thing.find(1)
        @router.post("/a")
        def yes_from_outside(thing, body):
            payment = of(thing); payment.status = body["status"]; payment.save()
        @router.post("/b")
        def yes_committed(thing, body):
            payout = of(thing); payout.state = body.state; thing.commit()
        @router.post("/c")
        def no_not_kept(thing, body): payment = of(thing); payment.status = body["status"]
        @router.post("/d")
        def no_other_kept(thing, body): payment = of(thing); payment.status = body["status"]; thing.save()
        @router.post("/e")
        def no_other_name(thing, body): parcel = of(thing); parcel.status = body["status"]; parcel.save()
        @router.post("/f")
        def no_known(body, session=Depends()): payment = session.get(Note, 1); payment.status = body.status; session.commit()
        @router.post("/h")
        def no_expire(thing, body): payment = of(thing); payment.status = body["status"]; payment.save()
        @router.post("/g")
        def no_inner(thing, body): thing.payment.status = body["status"]; thing.commit()
    """,
    "times at which movements end": """
        @router.post("/a")
        def yes_known(session=Depends()): session.get(Payment, 1).paid_at = datetime.now()
        @router.post("/b")
        def yes_by_its_name(thing): payment = thing.get(1); payment.refunded_on = payment.refunded_on or utc_now()
        @router.post("/c")
        def no_copy(session=Depends()): session.get(Payment, 1).paid_at = session.row["paid_at"]
        @router.post("/d")
        def no_other_time(session=Depends()): session.get(Payment, 1).created_at = datetime.now()
        @router.post("/e")
        def no_note(session=Depends()): session.get(Note, 1).paid_at = datetime.now()
        @router.post("/f")
        def no_deadline(session=Depends()): session.get(Payment, 1).paid_until_date = datetime.now()
    """,
    "rows": """
        movements = Table("transfers", MetaData(), Column("amount", Integer), Column(name="b"), Column(named()))
        nameless = Table(named(), MetaData())

        class Tabled: __tablename__ = "a"
        class Annotated1: x: Mapped[int]
        class Typed:
            x: int
            a, b = 1, 2
            amount: int = Column()
        class Kept:
            def of(self): return Payment(amount=1)

        @router.post("/a")
        def yes_table(session=Depends()): session.execute(movements.insert().values(amount=1))
        @router.post("/a2")
        def yes_insert_of_table(session=Depends()): session.execute(insert(movements).values(amount=1))
        @router.post("/b")
        def no_table(session=Depends()): session.execute(nameless.insert().values(amount=1))
        @router.post("/c")
        def yes_saved(): Payment(amount=1).save()
        @router.post("/d")
        def no_saved(): Note(text="a").save(); Payment().save()
        @router.post("/e")
        def no_never_kept(): return Payment(amount=1).amount
        @router.post("/f")
        def yes_validated(values: dict, session=Depends()): session.add(Payment.model_validate(values))
        @router.post("/g")
        def no_validated(values: dict, session=Depends()): session.add(Note.model_validate(values))
        @router.post("/h")
        def yes_made_below(session=Depends()): session.add(Kept().of())
        @router.post("/i")
        def yes_created(): Payment.create(amount=1)
        @router.post("/j")
        def no_created(): Note.create(text="a"); create(); insert(1)
        @router.post("/j2")
        def yes_table_created(): movements.create(amount=1)
        @router.post("/j3")
        def yes_many(db): db.insert_many([Payment(amount=1)])
        @router.post("/j4")
        def no_other_classes(): Tabled().save(); Typed().save(); Tabled.create(1); Typed.create(1); Annotated1.create(1)
        @router.post("/k")
        def yes_inserted(session=Depends()): session.insert(Payment)
        @router.post("/l")
        def yes_of_alternatives(flag: bool, session=Depends()):
            kind = Payment if flag else Note
            session.add(kind(amount=1))
    """,
    "SQL": """
        UPDATE = "UPDATE payments SET status = 'paid' WHERE id = 1"

        @router.post("/a")
        def yes_status(session=Depends()): session.execute(text(UPDATE))
        @router.post("/b")
        def no_status(session=Depends()): session.execute("UPDATE payments SET status = 'open'")
        @router.post("/c")
        def yes_balance(session=Depends()): session.execute(b"update only.wallets as w set balance = 1")
        @router.post("/d")
        def no_where(session=Depends()): session.execute("UPDATE wallets SET name = 'x' WHERE balance = 1")
        @router.post("/e")
        def yes_insert(session=Depends()): session.execute("INSERT INTO payments SELECT * FROM queue")
        @router.post("/f")
        def no_insert(session=Depends()): session.execute("INSERT INTO payments (note) VALUES (1)")
        @router.post("/g")
        def yes_call(session=Depends()): session.execute("CALL bank.transfer_funds(1)")
        @router.post("/h")
        def no_call(session=Depends()): session.execute("CALL list_transfers(1); CALL notes(1)")
        @router.post("/i")
        def yes_several(session=Depends()): session.execute(["SELECT 1", "INSERT INTO transfers (amount) VALUES (1)"])
        @router.post("/j")
        def yes_layer(db): db.update("wallets", {"balance": 1})
        @router.post("/k")
        def no_layer(db): db.update("wallets", {"name": 1}); db.update(1, {"balance": 2}); {}.update({**x})
        @router.post("/k2")
        def no_set(session=Depends()): session.execute("UPDATE payments")
        @router.post("/l")
        def no_computed(session=Depends()): session.execute(1); session.execute(statement()); session.execute()
    """,
    "documents": """
        @router.post("/a")
        def yes_increment(db): db.wallets.update_one({"_id": 1}, {"$inc": {"owner.balance": 1}})
        @router.post("/b")
        def yes_pipeline(db): db["wallets"].update_many({}, [{"$set": {"balance": 1}}])
        @router.post("/c")
        def yes_collection(db): db.get_collection("payments").insert_one({"amount": 1})
        @router.post("/d")
        def no_collection(db): db[name()].insert_one({"amount": 1}); db.get_collection(1).insert_one({"a": 1})
        @router.post("/e")
        def yes_hash(redis): redis.hincrby("account:1", "balance", 5)
        @router.post("/f")
        def no_hash(redis): redis.hincrby("account:1", "visits", 5); redis.set("a", 1); insert_one(1); db.notes.update_one({field: 1}, {"$set": {"x": 1}})
        @router.post("/g")
        def yes_firestore(store): store.collection("wallets").document("1").update({"balance": 2})
        @router.post("/h")
        def no_firestore(store): store.collection("wallets").document("1").update({"name": 2})
    """,
    "other services": """
        PATH = "/v1/transfers"
        class LedgerStub: ...

        ledger = LedgerStub()

        class Api:
            def request(self, verb, path): return httpx.request(verb, "https://a" + path)

        class PaymentsClient:
            def CreateTransfer(self): return httpx.get("/x")
            def charge(self, amount): return amount

        @router.post("/a")
        def yes_posted(): requests.post("https://core/payments", json={})
        @router.post("/b")
        def no_metered(): requests.post("https://metrics/payments", json={}); requests.post(1)
        @router.post("/c")
        def no_read(): requests.post("https://core/payments/search"); requests.get("https://core/payments")
        @router.post("/d")
        def yes_layer(): Api().request("POST", PATH)
        @router.post("/e")
        def no_layer(): Api().request("GET", PATH)
        @router.post("/f")
        def yes_named_client(session, client): client.post(url="/payouts")
        @router.post("/g")
        def no_own_method(thing): PaymentsClient().CreateTransfer(); thing.post("/payouts"); post("/payouts")
        @router.post("/h")
        def yes_message(producer): producer.send(topic="payments.requested-transfers")
        @router.post("/i")
        def no_message(producer, mail):
            producer.send("payment.cancelled"); mail.send("payments"); producer.send("a transfer was made")
            producer.publish("transfer_sent"); send("payments")
        @router.post("/j")
        def yes_stub(): ledger.PostTransfer(1)
        @router.post("/k")
        def no_stub(): ledger.GetTransfer(1); zeep.Client("x").service.ListTransfers(1)
        @router.post("/l")
        def yes_provider(): stripe.StripeClient("k").payouts.create(amount=1)
        @router.post("/m")
        def no_provider(): stripe.Customer.create(); stripe.PaymentIntent.retrieve("a"); stripe.api_key; stripe()
        @router.post("/pay/n")
        def yes_pay_by_gateway(gateway): gateway().charge(1)
        @router.post("/o")
        def no_gateway_alone(gateway): gateway.charge(1)
        @router.post("/pay/p")
        def no_pay_by_name(thing): thing.charge(); gateway.charge(); PaymentsClient().charge(1)
        @router.post("/pay/q")
        def yes_pay_unseen(thing): thing.initiate_payment(1)
        @router.post("/pay/r")
        def no_pay_other(thing): thing.create_payment_method(1)
    """,
    "calls": """
        class Rail(Protocol):
            def pay(self): ...

        class Nothing(Protocol): ...

        class Card:
            def pay(self): book(None, 1)

        class Base1:
            amount: int
            rail: Rail

            def __init__(self, session): self.session = session
            def do(self): book(self.session, 1)
            def __call__(self): self.do()

        class Middle(Base1):
            def do(self): super().do()

        class Last(Middle):
            def do(self): return super().do()
            def other(self): super().nothing()
            def inner(self):
                def run(): super().do()
                run()

        class Made1:
            def __post_init__(self): book(None, 1)

        class Empty: ...

        @functools.cache
        def cached(session): book(session, 1)

        def outside(): super().do()

        def given(*, service=Depends(Card)): service.pay()
        def kept(first, service=Depends(Card), *, other=1): service.pay()
        def injected(): book(None, 1)
        def handle(function, *rest, **more): function(*rest)

        TABLE = {"pay": Card, "look": Empty}
        LIST = [book, look]

        @router.post("/a")
        def yes_super(session=Depends()): Last(session).do()
        @router.post("/b")
        def yes_nested_super(session=Depends()): Last(session).inner()
        @router.post("/c")
        def no_super(session=Depends()): Last(session).other(); outside()
        @router.post("/d")
        def yes_instance(session=Depends()): Base1(session)()
        @router.post("/e")
        def yes_post_init(): Made1()
        @router.post("/f")
        def no_constructor(): Empty()
        @router.post("/g")
        def yes_field(base: Base1): base.rail.pay()
        @router.post("/h")
        def no_field(base: Base1): base.amount.pay(); base.missing.pay(); Nothing().pay()
        @router.post("/i")
        def yes_decorated(session=Depends()): cached(session)
        @router.post("/j")
        def yes_default(): given()
        @router.post("/k")
        def yes_positional_default(): kept(1)
        @router.post("/l")
        def yes_dependency(value=Depends(injected)): ...
        @router.post("/m")
        def yes_partial(tasks: BackgroundTasks): tasks.add_task(functools.partial(book, None, 1))
        @router.post("/n")
        def yes_bound(session=Depends()): threading.Thread(target=Last(session).do).start()
        @router.post("/o")
        def yes_lambda(tasks: BackgroundTasks): tasks.add_task(lambda: book(None, 1))
        @router.post("/p")
        def yes_task(): asyncio.create_task(injected())
        @router.post("/q")
        def yes_table(name: str): TABLE[name]().pay()
        @router.post("/r")
        def yes_list(place: int): LIST[place](None, 1)
        @router.post("/s")
        def yes_handed(): handle(book, None, 1)
        @router.post("/t")
        def yes_by_name(): getattr(Card(), "pay")()
        @router.post("/u")
        def no_by_name(name: str): getattr(Card(), name)(); getattr(Empty)()
        @router.post("/v")
        def no_handed(things): things.send(*rest, "a", f"b", 1 + 1)
        @router.post("/w")
        def yes_unbound(session=Depends()): Base1.do(Base1(session))
        @router.post("/x")
        def yes_own_lambda(): (lambda: book(None, 1))()
        def traced(function):
            @functools.wraps(function)
            def wrapper(*given): return function(*given)
            return wrapper

        booked, seen = traced(book), traced(look)
        CHOSEN = TABLE.get(name)

        class Found:
            def annotated(self) -> Account: ...
            def unsaid(self) -> int: return unknown()
            def broken(self) -> "Account |": ...
            def several(self) -> "list[Account] | None": ...
            def list(self): return [Account(name="a")]
            def loop(self): return self.loop() or self.again()
            def again(self): return self.loop()
            @staticmethod
            def bare(): return super().nothing()

        class Constant:
            do = 1
            @classmethod
            def build(cls): book(None, 1)

        class Above(Constant):
            def do(self): super().do()
            run = lambda self: super().do()

        @router.post("/z1")
        def yes_wrapped(): booked(None, 1)
        @router.post("/z2")
        def yes_wrapped_row(): seen(None).balance -= 1
        @router.post("/z3")
        def yes_chosen_outside(): CHOSEN().pay()
        @router.post("/z4")
        def yes_annotated(): Found().annotated().balance -= 1
        @router.post("/z5")
        def yes_several(): Found().several()[0].balance -= 1
        @router.post("/z6")
        def yes_of_list():
            for each in Found().list(): each.balance -= 1
        @router.post("/z7")
        def no_unsaid(): Found().unsaid().name = 1; Found().broken().name = 1; Found().bare()
        @router.post("/z8")
        def no_loop(): Found().loop().name = 1; Found().loop().get_object().name = 2
        @router.post("/z9")
        def no_task(celery): celery.send_task(1); celery.send_task("a.b"); celery.send_task("app.api.router")
        @router.post("/z9b")
        def no_constant(): Above().do(); Above().run(); (a or b)(); (lambda: 1)
        @router.post("/z9c")
        def yes_class_method(tasks: BackgroundTasks): tasks.add_task(Constant.build)
        @router.post("/z9d")
        def yes_bound_handed(): handle(Card().pay)
        @router.post("/z9e")
        def no_statuses(thing, count: int):
            look.status = "paid"; count.status = "paid"; thing.get_object().status = "paid"
            Found().unsaid().status = "paid"; Found().broken().status = "paid"; Found().loop().status = "paid"
        @router.post("/z9f")
        def yes_nested_choice(name: str):
            chosen = TABLE.get(name)
            def inner(): chosen().pay()
            inner()
        @router.post("/z9g")
        async def yes_walrus_choice(name: str): (chosen := TABLE.get(name))().pay(); (await missing(name))()
        def maker(session):
            def made() -> Payment: ...
            return made

        @router.post("/z9h")
        def yes_closure(): maker(1)().status = "paid"
        @router.post("/z10")
        def yes_task_by_name(celery): celery.send_task("app.api.injected")
        @router.post("/z11")
        def no_key(request): request.app[KEY].pay(); request.app[Key("a", 1)].pay(); request.app[httpx.AppKey("a", 1)].pay()
        @router.post("/z12")
        def no_unknown_table(name: str): missing[name]().pay(); missing.get(name).pay()

        @router.post("/y")
        def yes_nested_function(session=Depends()):
            def inner(): book(session, 1)
            inner()
    """,
}

DJANGO_MODELS = """\
from django.db import models
from django.db.models.signals import post_save, pre_save
from django.dispatch import Signal, receiver
from django_fsm import transition
from rest_framework import generics, serializers, viewsets
from django import forms
from django.views import View
from django.views.generic import CreateView, FormView, UpdateView

paid, told = Signal(), Signal()


class Deposit(models.Model):
    amount = models.IntegerField()
    status = models.CharField()

    objects = models.Manager()

    @transition(field=status, source="*", target="settled")
    def settle(self): ...

    @transition(field=status, source="*", target=STATES.open)
    def open(self): ...

    @transition(field=status)
    def nowhere(self): ...

    @property
    def label(self): return 1


class Note(models.Model):
    text = models.TextField()
    deposit = models.ForeignKey(Deposit, related_name="notes", on_delete=1)

    @transition(field=text, target="paid")
    def pay(self): ...


class Order(models.Model):
    total = models.IntegerField()


def on_told(sender, **kwargs): Note.objects.create(text="a")


told.connect(on_told)
paid.connect(functools.lru_cache(on_told))
paid.connect(1)
pool.connect("dsn")


@receiver([post_save, pre_save], sender=Order)
def on_order(sender, **kwargs): Deposit.objects.create(amount=1)


@receiver(paid)
def on_paid(sender, **kwargs): Deposit.objects.create(amount=1)


@receiver(post_save)
def on_anything(sender, **kwargs): Deposit.objects.create(amount=1)


@receiver()
def on_nothing(sender, **kwargs): ...


class DepositForm(forms.ModelForm):
    class Meta:
        model = Deposit


class TextForm(forms.ModelForm):
    class Meta:
        model = "notes.Note"


class DepositSerializer(serializers.ModelSerializer):
    class Meta:
        model = Deposit


class NoteSerializer(serializers.ModelSerializer):
    class Meta:
        model = Note
"""
DJANGO = {
    "views of Django": """
        class YesForm(CreateView):
            form_class = DepositForm
        class NoForm(CreateView):
            form_class = TextForm
        class YesSuper(CreateView):
            model = Deposit
            def form_valid(self, form): return super().form_valid(form)
        class NoSuper(CreateView):
            model = Note
            def form_valid(self, form): return super().form_valid(form)
        class YesGiven(FormView):
            form_class = DepositForm
            def form_valid(self, form): form.save()
        class YesChosen(CreateView):
            def get_form_class(self): return DepositForm
        class YesGetForm(View):
            form_class = DepositForm
            def post(self, request): self.get_form().save()
        class NoGetForm(View):
            form_class = TextForm
            def post(self, request): self.get_form().save(); self.other().save(); thing.save()
        class YesUpdate(UpdateView):
            model = Deposit
        class YesObject(View):
            model = Deposit
            def post(self, request):
                self.object = self.get_object()
                self.object.status = "settled"
        class YesTransition(View):
            queryset = Deposit.objects.all()
            def post(self, request): self.get_object().settle()
        class NoTransition(View):
            queryset = Deposit.objects.all()
            def post(self, request):
                deposit = self.get_object(); deposit.open(); deposit.nowhere(); deposit.label
                Note.objects.get(pk=1).pay()
        class YesRelated(View):
            def post(self, request): Note.objects.get(pk=1).deposit_set.create(amount=1); Order(1).save()
        class NoRelated(View):
            def post(self, request): Deposit.objects.get(pk=1).notes.create(text="")
        class YesReceiver(View):
            def post(self, request): Order.objects.create(total=1)
        class YesSignal(View):
            def post(self, request): paid.send(sender=Order)
        class NoSignal(View):
            def post(self, request): told.send(sender=Order); sent.send(1); Note.objects.create(text="")
        class YesAgain(View):
            def post(self, request): self.run()
            def run(self): self.post(1) if request else Deposit.objects.filter(pk=1).update(status="settled")
    """,
    "views of REST framework": """
        class YesSet(viewsets.ModelViewSet):
            serializer_class = DepositSerializer
        class NoSet(viewsets.ModelViewSet):
            serializer_class = NoteSerializer
        class YesPerform(generics.CreateAPIView):
            serializer_class = DepositSerializer
            def perform_create(self, serializer): serializer.save()
        class YesByModel(generics.GenericAPIView):
            serializer_class = DepositSerializer
            def post(self, request):
                deposit = self.get_object()
                deposit.status = "settled"
        class YesSuperCreate(viewsets.ModelViewSet):
            serializer_class = DepositSerializer
            def create(self, request): return super().create(request)
        class NoPerform(generics.CreateAPIView):
            def perform_create(self): ...
        class NoSerializer(generics.CreateAPIView):
            def get_serializer_class(self): return 1
        class NoRead(generics.GenericAPIView):
            def post(self, request): return NoteSerializer(data=1).is_valid()
    """,
}


@pytest.mark.parametrize("shape", DJANGO)
def test_each_view_class_is_seen_for_what_it_is(shape: str, tmp_path: Path) -> None:
    body = "\n".join(line[8:] for line in DJANGO[shape].splitlines())
    names = [line.split("(")[0].split()[-1] for line in body.splitlines() if line.startswith("class ")]
    views = {name: f"class {name}(viewsets" in body for name in names}
    actions = {True: '{"post": "create"}', False: ""}
    urls = [f'    path("{name}", views.{name}.as_view({actions[of_set]})),' for name, of_set in views.items()]
    routes = "\n".join(
        ["from django.urls import path", "from app import views", "urlpatterns = [", *urls, "]"]
    )
    write(
        tmp_path,
        {
            "app/models.py": DJANGO_MODELS,
            "app/views.py": f"from app.models import *\n{body}\n",
            "app/urls.py": routes,
        },
    )
    found = verdicts(tmp_path)
    assert {name.partition(".")[0] for name in found} == set(names)
    wrong = {
        name: verdict
        for name, verdict in found.items()
        if (verdict in {"sure", "likely"}) != name.startswith("Yes")
    }
    assert wrong == {}


FILES = """\
import os
from os.path import abspath, dirname, join
from pathlib import Path

from fastapi import APIRouter
from settings import IMPORTED

router = APIRouter()
HERE = Path(__file__).resolve().parent
QUERIES = HERE / "queries"


def load(name): return (QUERIES / f"{name}.sql").read_text()
def opened(name): return open(join(dirname(abspath(__file__)), "queries", name)).read()
def nothing(name): return name


@router.post("/a")
def yes_path(db): db.execute(load("pay"))
@router.post("/b")
def yes_open(db): db.execute(opened("pay.sql"))
@router.post("/c")
def yes_inline(db): db.execute(HERE.joinpath("queries", "pay.sql").read_text())
@router.post("/d")
def no_missing(db): db.execute(load("missing")); db.execute(load("binary")); db.execute(nothing("pay.sql"))
@router.post("/e")
def no_unknown(db, folder):
    db.execute((folder / "pay.sql").read_text()); db.execute(HERE.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.parent.read_text())
    db.execute(Path(1 + 1).read_text()); db.execute(open().read()); db.execute(httpx.get("a").text()); db.execute((HERE / folder).read_text())
    db.execute(where().parent.read_text()); db.execute(dirname(where()).read_text()); db.execute(x.read_text)
    db.execute((MISSING / "a.sql").read_text()); db.execute((IMPORTED / "a.sql").read_text()); db.execute(load("pay").read_bytes()); db.execute((HERE).read_bytes())
    db.execute("a".join(["b"]).read_text())
"""


def test_a_statement_in_a_file_is_read_where_the_source_says_which(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/api.py": FILES,
            "app/queries/pay.sql": "UPDATE wallets SET balance = balance - 1",
            "app/queries/binary.sql": b"\xff UPDATE wallets SET balance = 1",
        },
    )
    found = verdicts(tmp_path)
    assert {name: verdict == "likely" for name, verdict in found.items()} == {
        name: name.startswith("yes") for name in found
    }


def verdicts(root: Path, source: str | None = None, *, followed: str = "named") -> dict[str, str]:
    """What the money map says of each handler of a module, by the handler's name; ``followed``: of those that are named
    like money and were followed to their end. *signs*: no write was found, and signs speak for one.
    """
    if source is not None:
        write(root, {"app/api.py": source})
    found = inventory([root], Config(root, all_domains=True), is_cached=False)
    assert not found.faults
    return {
        handler.qualname: followed
        if (says := moves(handler)) == "named" and handler.money is not None and handler.money.is_settled
        else "signs"
        if handler.money is not None and handler.money.writes and not handler.money.found
        else says
        for handler in found.handlers
    }


@pytest.mark.parametrize("shape", SHAPES)
def test_each_shape_is_seen_for_what_it_is(shape: str, tmp_path: Path) -> None:
    lines = SHAPES[shape].splitlines()
    body = "\n".join(line[8:] for line in lines)
    found = verdicts(tmp_path, f"{MODELS}\n{body}\n")
    wrong = {
        name: verdict
        for name, verdict in found.items()
        if (verdict in {"sure", "likely"}) != name.startswith("yes")
    }
    assert len(found) == body.count("@router.post")
    assert wrong == {}


def test_a_long_way_is_said_to_be_not_seen_to_its_end(tmp_path: Path) -> None:
    steps = "\n".join(f"def step{n}(x): step{n + 1}(x)" for n in range(12))
    source = f"from fastapi import APIRouter\nrouter = APIRouter()\n{steps}\n@router.post('/a')\ndef far(x): step0(x)\n"
    write(tmp_path, {"app/api.py": source})
    (handler,) = inventory([tmp_path], Config(tmp_path, all_domains=True), is_cached=False).handlers
    assert handler.money is not None
    assert not handler.money.is_complete


def test_a_search_ends_after_so_many_functions_and_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("idem_lint.reach.paths.FUNCTIONS", 2)
    source = "from fastapi import APIRouter\nrouter = APIRouter()\ndef a(): b()\ndef b(): c()\ndef c(): ...\n"
    write(tmp_path, {"app/api.py": f"{source}@router.post('/a')\ndef far(): a()\n"})
    (handler,) = inventory([tmp_path], Config(tmp_path, all_domains=True), is_cached=False).handlers
    assert handler.money is not None
    assert not handler.money.is_complete


def test_a_question_about_very_many_values_ends(tmp_path: Path) -> None:
    nested = "x"
    for _ in range(5):
        nested = f"[{nested}, {nested}, {nested}, {nested}]"
    source = f"{MODELS}\n@router.post('/a')\ndef no_end(x):\n    rows = {nested}\n    rows.status = 'paid'\n"
    assert verdicts(tmp_path, source) == {"no_end": "no"}


def test_functions_that_lead_to_each_other_end(tmp_path: Path) -> None:
    many = "\n".join(
        f"def f{n}(x): return f{(n + 1) % 30}(f{(n + 7) % 30}(x)) or f{(n + 3) % 30}(x)" for n in range(30)
    )
    source = f"{MODELS}\n{many}\n@router.post('/a')\ndef no_end(x): f0(x).name = f3(x).get_object()\n"
    assert verdicts(tmp_path, source) == {"no_end": "no"}


@pytest.mark.parametrize(
    ("name", "movement"),
    [
        ("BankTransfer", True),
        ("PaymentModel", True),
        ("Payments", True),
        ("PayOut", True),
        ("wallet_top_ups", True),
        ("LedgerEntry", True),
        ("Entry", False),
        ("CheckOut", False),
        ("PaymentMethod", False),
        ("StagedTransaction", False),
        ("DraftPayment", False),
        ("Model", False),
        ("_", False),
    ],
)
def test_the_head_of_a_name_says_whether_a_record_is_money_on_its_way(name: str, movement: bool) -> None:
    assert is_movement(name) is movement


ODD = """\
from rest_framework import generics, viewsets
from tests_of import traced


def wraps(function):
    import functools

    @functools.wraps(function)
    def inner(*given): return function(*given)
    return inner


def saved(self, serializer): Deposit.objects.create(amount=1)


class Bare:
    a, b = 1, 2
    name: str


class YesWrapped(generics.CreateAPIView):
    serializer_class = DepositSerializer

    @wraps
    def perform_create(self, serializer): serializer.save()
class YesAssigned(generics.CreateAPIView):
    serializer_class = DepositSerializer
    perform_create = wraps(saved)
class NoStatic(generics.CreateAPIView):
    serializer_class = NoteSerializer

    @staticmethod
    def perform_create(): super().perform_create()
class NoUnread(generics.CreateAPIView):
    serializer_class = unknown()
    model = Bare

    def post(self, request):
        Bare.a.filter(1).first().name = 2
        self.get_object().name = 3
        self.get_serializer().save()
        unknown.get_serializer().save()
        missing().get_object().name = 4
"""


def test_odd_classes_are_read_without_a_fault(tmp_path: Path) -> None:
    write(
        tmp_path,
        {
            "app/models.py": DJANGO_MODELS,
            "app/views.py": f"from app.models import *\n{ODD}\n",
            "app/urls.py": (
                "from django.urls import path\nfrom app import views\nurlpatterns = [path('a', views.YesWrapped.as_view()),"
                "path('b', views.NoStatic.as_view()), path('c', views.NoUnread.as_view()), path('d', views.YesAssigned.as_view())]\n"
            ),
        },
    )
    assert verdicts(tmp_path) == {
        "YesWrapped": "likely",
        "NoStatic": "no",
        "NoUnread.post": "no",
        "YesAssigned": "likely",
    }


def test_a_row_of_another_package_that_a_session_keeps_is_left_open(tmp_path: Path) -> None:
    source = """
from fastapi import APIRouter
from sqlalchemy.orm import Session
from models_of_others import PaymentBatch
router = APIRouter()
@router.post("/payments/batches")
def start_payments(session: Session): session.add(PaymentBatch(1)); session.commit()
@router.post("/payments/notes")
def note_payments(session: Session, names: set): names.add(1); session.commit()
"""
    assert verdicts(tmp_path, source, followed="followed") == {
        "start_payments": "named",
        "note_payments": "followed",
    }
