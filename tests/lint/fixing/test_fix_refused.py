"""``check --fix`` for marks that the runtime refuses where they stand: around a framework's authentication (IDM003)."""

from __future__ import annotations

import pytest

from tests.lint.front.project import Shell

HEAD = """\
from django.urls import path
from django.utils.decorators import method_decorator
from ninja import NinjaAPI
from ninja.decorators import decorate_view
from rest_framework import generics
from rest_framework.decorators import api_view
from rest_framework.views import APIView

from idem_runtime import money_moving, not_money_moving

api = NinjaAPI()


"""
FUNCTION = "def transfer(request): ...\n"
ROUTED = f'{FUNCTION}\n\nurlpatterns = [path("wallet/transfers", transfer)]\n'
CLASS = '    def post(self, request): ...\n\n\nurlpatterns = [path("wallet/transfers", Transfer.as_view())]\n'
BY_HAND = "is no decorator of its own; put @money_moving directly above `def post`"


def put(shell: Shell, source: str) -> None:
    shell.write({"wallet/views.py": f"{HEAD}{source}"})


def wallet(shell: Shell) -> str:
    return (shell.root / "wallet/views.py").read_text().removeprefix(HEAD)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param(
            f'@money_moving\n@api_view(["POST"])\n{ROUTED}',
            f'@api_view(["POST"])\n@money_moving\n{ROUTED}',
            id="above api_view",
        ),
        pytest.param(
            f'@money_moving(effect="external")\n@api_view(["POST"])\n@money_moving(effect="external")\n{ROUTED}',
            f'@api_view(["POST"])\n@money_moving(effect="external")\n{ROUTED}',
            id="above api_view and below it",
        ),
        pytest.param(
            f'@api.post("/wallet/transfers")\n@decorate_view(money_moving(effect="external"))\n{FUNCTION}',
            f'@api.post("/wallet/transfers")\n@money_moving(effect="external")\n{FUNCTION}',
            id="decorate_view below the route",
        ),
        pytest.param(
            f'@decorate_view(not_money_moving(reason="shows"))\n@api.post("/wallet/transfers")\n{FUNCTION}',
            f'@api.post("/wallet/transfers")\n@not_money_moving(reason="shows")\n{FUNCTION}',
            id="decorate_view above the route",
        ),
    ],
)
def test_a_mark_around_authentication_is_put_above_the_function(
    shell: Shell, before: str, after: str
) -> None:
    put(shell, before)
    shown = shell.run("check")
    assert "is refused by the runtime, because it stands a" in shown.out
    shell.run("check", "--fix")
    assert wallet(shell) == after
    assert shell.run("check").findings == []


@pytest.mark.parametrize(
    ("source", "told"),
    [
        pytest.param(
            f'@method_decorator(money_moving, name="dispatch")\nclass Transfer(APIView):\n{CLASS}',
            BY_HAND,
            id="method_decorator of dispatch",
        ),
        pytest.param(
            f"class Transfer(APIView):\n{CLASS}".replace(
                "Transfer.as_view()", "money_moving(Transfer.as_view())"
            ),
            BY_HAND,
            id="around as_view",
        ),
        pytest.param(
            '@method_decorator(money_moving, name="dispatch")\nclass Transfer(generics.CreateAPIView): ...\n\n\n'
            'urlpatterns = [path("wallet/transfers", Transfer.as_view())]\n',
            'put @method_decorator(money_moving, name="post") above `class Transfer`',
            id="method_decorator of a class that inherits",
        ),
        pytest.param(
            'urlpatterns = [path("wallet", money_moving(generics.CreateAPIView.as_view(serializer_class=Out)))]\n',
            'extend it by a class with @method_decorator(money_moving, name="post") above it',
            id="around a package's view",
        ),
        pytest.param(
            f'@api.post("/wallet/transfers")\n@decorate_view(print, money_moving)\n{FUNCTION}',
            "put @money_moving directly above `def transfer`",
            id="decorate_view of more than the mark",
        ),
    ],
)
def test_what_takes_a_person_is_said(shell: Shell, source: str, told: str) -> None:
    put(shell, source)
    done = shell.run("check", "--fix")
    assert wallet(shell) == source
    assert done.code == 1
    assert "is refused by the runtime, because it stands a" in done.out
    assert told in done.out + done.err


def test_a_refused_mark_beside_one_in_force_is_to_be_deleted(shell: Shell) -> None:
    put(shell, f'@money_moving\n@api_view(["POST"])\n@money_moving(effect="external")\n{ROUTED}')
    shown = shell.run("check").out
    assert "the one nearest to the function is enough" in shown
    assert "delete the other" in shown


def test_an_opt_out_may_stand_above_api_view_and_not_around_ninja(shell: Shell) -> None:
    put(shell, f'@not_money_moving(reason="shows")\n@api_view(["POST"])\n{ROUTED}')
    assert shell.run("check").findings == []
    put(
        shell,
        f'@api.post("/wallet/transfers")\n@decorate_view(not_money_moving(reason="shows"))\n{FUNCTION}',
    )
    shown = shell.run("check").out
    assert "nothing is on record for it" in shown


def test_annotate_leaves_a_package_view_of_rest_framework_to_a_person(shell: Shell) -> None:
    put(
        shell,
        'urlpatterns = [path("wallet/transfers", generics.CreateAPIView.as_view(queryset=Out.all()))]\n',
    )
    told = shell.run("annotate")
    assert "extend it by a class with @method_decorator(" in told.out + told.err
