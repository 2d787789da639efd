"""Whose method a call asks for, and whose rows a manager makes: handlers whose name begins with ``yes`` move money, ``no`` do not."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from idem_lint.reports.money import moves
from idem_lint.result_types import Handler, Write
from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.front.project import write

DJANGO = """\
from django.apps import apps
from django.db import models
from django.shortcuts import get_object_or_404
from django.views import View


class WithAmount(models.QuerySet):
    def book(self, amount): return self.create(amount=amount)
    def old(self): return self.filter(pk=1)


class PayoutManager(models.Manager):
    def get_queryset(self): return WithAmount(self.model)
    def queue(self, amount): return self.create(amount=amount)
    def prepared(self, amount): return self.model(amount=amount)
    def create(self, **given): return super().create(**given)


class NoteManager(models.Manager):
    def queue(self, text): return self.create(text=text)
    def draft(self, text): return self.model(text=text)


class Payout(models.Model):
    amount = models.IntegerField()
    status = models.CharField(max_length=9)
    owner = models.ForeignKey("Club", models.CASCADE)
    objects = PayoutManager()


class Fee(models.Model):
    total = models.IntegerField()


class Refund(models.Model):
    amount = models.IntegerField()
    objects = WithAmount.as_manager()


class Repayment(models.Model):
    amount = models.IntegerField()
    rows = models.Manager.from_queryset(WithAmount)()


class DepositManager(models.Manager.from_queryset(WithAmount)): ...


class Deposit(models.Model):
    amount = models.IntegerField()
    objects = DepositManager()


class Note(models.Model):
    text = models.TextField()
    objects = NoteManager()


class Bill(models.Model):
    total = models.IntegerField()
    payer = models.ForeignKey("Club", models.CASCADE)


class Club(models.Model):
    name = models.TextField()
    balance = models.IntegerField()

    def pay_in_full(self, amount): self.balance -= amount
    def rename(self, name): self.name = name
"""

SHAPES = {
    "managers of the project": """
        class YesOwn(View):
            def post(self, request): Payout.objects.queue(1)
        class YesSuper(View):
            def post(self, request): Payout.objects.create(amount=1)
        class YesModel(View):
            def post(self, request): Payout.objects.prepared(1).save()
        class YesQuerySet(View):
            def post(self, request): Payout.objects.get_queryset().book(1)
        class YesAsManager(View):
            def post(self, request): Refund.objects.book(1)
        class YesFromQuerySet(View):
            def post(self, request): Repayment.rows.book(1)
        class YesTaken(View):
            def post(self, request): Deposit.objects.book(1)
        class NoNotes(View):
            def post(self, request): Note.objects.queue("a"); Note.objects.draft("b"); Refund.objects.old()
        class YesByName(View):
            def post(self, request): apps.get_model("bank", "Payout").objects.create(amount=1)
        class NoByName(View):
            def post(self, request):
                apps.get_model("bank", "Missing").objects.create(amount=1)
                apps.get_model(request).objects.create(amount=1)
        class YesFilled(View):
            def post(self, request):
                payout = Payout()
                payout.amount = 1
                payout.save()
        class NoEmpty(View):
            def post(self, request):
                payout = Payout()
                payout.save()
        class YesOwed(View):
            def post(self, request): Bill.objects.create(total=1)
        class NoKept(View):
            def post(self, request):
                note = Note(text=str(Payout(amount=1)))
                note.save()
    """,
    "owners that something says": """
        class Desk:
            club: Club
            if request:
                other: "Club"

            def __init__(self, given, spare=None):
                self.given = given
                self.again = given
                self.spare: Club = spare
                self.kept = get_object_or_404(Club, pk=1)

            @property
            def first(self) -> Club: return missing()
            @property
            def second(self): return get_object_or_404(Club, pk=2)
            def third(self) -> Club: return missing()

        def desk(): return Desk(get_object_or_404(Club, pk=1))
        def near() -> Club: return first(missing())

        class YesField(View):
            def post(self, request, desk: Desk): desk.club.pay_in_full(1)
        class YesBelowIf(View):
            def post(self, request): Desk(1).other.pay_in_full(1)
        class YesGiven(View):
            def post(self, request, desk: Desk): desk.given.pay_in_full(1)
        class YesAgain(View):
            def post(self, request, desk: Desk): desk.given.rename("a"); desk.again.pay_in_full(1)
        class YesSelf(View):
            def post(self, request, desk: Desk): desk.spare.pay_in_full(1)
        class YesKept(View):
            def post(self, request, desk: Desk): desk.kept.pay_in_full(1)
        class YesProperty(View):
            def post(self, request, desk: Desk): desk.first.pay_in_full(1)
        class YesReturned(View):
            def post(self, request, desk: Desk): desk.second.pay_in_full(1)
        class YesMethod(View):
            def post(self, request, desk: Desk): desk.third().pay_in_full(1)
        class YesNear(View):
            def post(self, request):
                club = near()
                club.pay_in_full(1)
        class YesKey(View):
            def post(self, request): Payout.objects.get(pk=1).owner.pay_in_full(1)
        class NoOther(View):
            def post(self, request, desk: Desk): desk.club.rename("a"); desk.third().rename("b"); desk.third.close(1)
    """,
    "owners that only their names say": """
        class YesAlike(View):
            def post(self, request, club): club.pay_in_full(1)
        class YesHandedOn(View):
            def post(self, request): get_object_or_404(missing(), pk=1).pay_in_full(1)
        class NoCommon(View):
            def post(self, request, club): club.save(); club.rename("a"); club.unknown_to_all(1)
        class NoPackage(View):
            def post(self, request):
                import requests
                requests.Session().pay_in_full(1)
    """,
    "odd spellings": """
        class Desk:
            club = get_object_or_404(Club, pk=1)
            plain = 1
            at: int = 1

            def __init__(self, given, *, only=None):
                self.given = given
                self.only = only
                self.none = None
                other = given
                other.hint: int = 1
                given.own: int = 2

            @property
            def third(self): return get_object_or_404(Club, pk=2)
            async def fourth(self): self.given.hint: int = 1
            async def fifth(self): return 1

        def spare(): return Desk(*request, only=1)

        class YesBody(View):
            def post(self, request, desk: Desk): desk.club.pay_in_full(1)
        class YesAwaited(View):
            async def post(self, request, desk: Desk): (await desk.third).pay_in_full(1)
        class YesByVariable(View):
            def post(self, request, club):
                act = getattr(club, "pay_in_full")
                act(1)
        class YesByGetattr(View):
            def post(self, request, club): self.act(club, "pay_in_full")
            def act(self, club, name): getattr(club, name)(1)
        class NoByGetattr(View):
            def post(self, request, club): getattr(club, request)(1); getattr(club, 1)(1); getattr(club)(1); request(1)
        class NoPlain(View):
            def post(self, request, desk: Desk):
                desk.plain.close(1); desk.none.close(1); desk.only.close(1); desk.at.close(1); desk.fifth.close(1)
    """,
    "what is kept in a mapping": """
        import json
        store = {"escrows": {}, "notes": {}}

        class YesKept(View):
            def post(self, request):
                key = str(request)
                store["escrows"][key] = {"amount": 1}
        class YesReleased(View):
            def post(self, request):
                escrow = store["escrows"].get(1)
                escrow["status"] = "released"
        class NoNote(View):
            def post(self, request):
                key = str(request)
                store["notes"][key] = {"amount": 1}
                store["escrows"]["all"] = {"amount": 1}
                store["escrows"][key] = {"text": 1}
                store["escrows"][key] = key
                note = store["notes"].get(1)
                note["status"] = "released"
                escrow = store["escrows"].get(1)
                escrow["status"] = "open"
    """,
    "what another package does": """
        import rails
        from rails import execute_withdraw

        class YesOther(View):
            def post(self, request): self.withdraw(request)
            def withdraw(self, request): execute_withdraw(request, 1)
        class YesFlow(View):
            def post(self, request): self.create_payment(request)
            def create_payment(self, request): rails.Flow(1).create_payment(1)
        class YesNode(View):
            def post(self, request): rails.node.open_channel(1)
        class NoPrepares(View):
            def post(self, request): self.initialize_payment(request)
            def initialize_payment(self, request): rails.Flow(1).create_payment(1)
        class NoStandard(View):
            def post(self, request):
                import shutil
                shutil.transfer(request, 1)
                transfer(1)
    """,
    "heirs of what only promises": """
        class Rail:
            def pay(self, amount): raise NotImplementedError
            def look(self): ...

        class Wire(Rail):
            def pay(self, amount): Payout.objects.create(amount=amount)

        class Sepa(Wire):
            def look(self): return 1

        class Paper(Rail):
            def pay(self, amount):
                \"\"\"Nothing.\"\"\"

        class NoBase(View):
            rail: Rail
            def post(self, request): self.run(); self.rail.look()
            def run(self): raise NotImplementedError()

        class YesRail(View):
            def post(self, request, rail: Rail): rail.pay(1)
        class NoLook(View):
            def post(self, request, rail: Rail): rail.look()
    """,
}


@pytest.mark.parametrize("shape", SHAPES)
def test_an_owner_is_found_by_what_the_project_says_of_it(tmp_path: Path, shape: str) -> None:
    views = textwrap.dedent(SHAPES[shape])
    classes = [
        line.split("(")[0].split()[1]
        for line in views.splitlines()
        if line.startswith(("class Yes", "class No"))
    ]
    routes = ",".join(f"path('{name}', views.{name}.as_view())" for name in classes)
    write(
        tmp_path,
        {
            "bank/models.py": DJANGO,
            "bank/views.py": f"from bank.models import *\n{views}\n",
            "bank/urls.py": f"from django.urls import path\nfrom bank import views\nurlpatterns = [{routes}]\n",
        },
    )
    handlers = inventory([tmp_path], Config(root=tmp_path, all_domains=True)).handlers
    said = {handler.qualname.partition(".")[0]: moves(handler) == "likely" for handler in handlers}
    assert said == {name: name.startswith("Yes") for name in classes}


def test_a_chain_says_where_only_a_name_leads_on(tmp_path: Path) -> None:
    views = """\
class Guessed(View):
    def post(self, request, club): club.pay_in_full(1)
class Said(View):
    def post(self, request, club: Club): club.pay_in_full(1)
"""
    write(
        tmp_path,
        {
            "bank/models.py": DJANGO,
            "bank/views.py": f"from bank.models import *\n{views}\n",
            "bank/urls.py": (
                "from django.urls import path\nfrom bank import views\n"
                "urlpatterns = [path('a', views.Guessed.as_view()), path('b', views.Said.as_view())]\n"
            ),
        },
    )
    handlers = inventory([tmp_path], Config(root=tmp_path, all_domains=True)).handlers
    steps = {handler.qualname: write.chain[0].what for handler in handlers for write in writes_of(handler)}
    assert steps == {"Guessed.post": "club.pay_in_full(…), by its name", "Said.post": "club.pay_in_full(…)"}


def writes_of(handler: Handler) -> tuple[Write, ...]:
    return handler.money.writes if handler.money is not None else ()
