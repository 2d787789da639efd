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
    assert "another one is in force" in shown
    assert "delete it" in shown


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


WEB = """\
import functools

from flask import Flask

from idem_runtime import money_moving, not_money_moving

app = Flask(__name__)


def bare(view):
    def call(**path):
        return view(**path)

    return call


def timed(seconds):
    def put(view):
        def call(**path):
            return view(**path)

        return call

    return put


def shown(view):
    @functools.wraps(view)
    def call(**path):
        return view(**path)

    return call


def updated(view):
    def call(**path):
        return view(**path)

    call.__wrapped__ = view
    return call


def sometimes(view):
    def call(**path):
        return view(**path)

    return call if app.debug else view


def transfer(): ...


"""
HIDDEN = "`{}` above it gives back a function that does not show it"


@pytest.mark.parametrize(
    ("stack", "hiding"),
    [
        pytest.param(
            '@app.post("/wallet")\n@bare\n@money_moving\ndef pay(): ...\n', "bare", id="a decorator"
        ),
        pytest.param(
            '@app.post("/wallet")\n@timed(3)\n@money_moving\ndef pay(): ...\n', "put", id="made by a call"
        ),
        pytest.param(
            '@money_moving\ndef pay(): ...\n\n\napp.add_url_rule("/wallet", view_func=bare(pay), methods=["POST"])\n',
            "bare",
            id="where it is registered",
        ),
    ],
)
def test_a_mark_that_a_decorator_hides_is_said_with_what_mends_it(
    shell: Shell, stack: str, hiding: str
) -> None:
    shell.write({"wallet/views.py": f"{WEB}{stack}"})
    told = shell.run("check", "--fix")
    assert HIDDEN.format(hiding) in told.out
    assert f"put @functools.wraps(…) on the function that `{hiding}` gives back" in told.out
    assert (shell.root / "wallet/views.py").read_text() == f"{WEB}{stack}"


@pytest.mark.parametrize(
    "stack",
    [
        '@app.post("/wallet")\n@shown\n@money_moving\ndef pay(): ...\n',
        '@app.post("/wallet")\n@updated\n@money_moving\ndef pay(): ...\n',
        '@app.post("/wallet")\n@sometimes\n@money_moving\ndef pay(): ...\n',
        '@app.post("/wallet")\n@money_moving\n@bare\ndef pay(): ...\n',
        '@app.post("/wallet")\n@bare\n@not_money_moving(reason="shows")\ndef pay(): ...\n',
    ],
    ids=["wraps", "__wrapped__", "only at times", "below the mark", "an opt-out, which nobody waits for"],
)
def test_a_mark_that_shows_is_in_force(shell: Shell, stack: str) -> None:
    shell.write({"wallet/views.py": f"{WEB}{stack}"})
    assert shell.run("check").findings == []


def test_django_looks_into_closures(shell: Shell) -> None:
    hidden = WEB[WEB.index("def bare") : WEB.index("def timed")] + f"@bare\n@money_moving\n{ROUTED}"
    put(shell, hidden)
    assert shell.run("check").findings == []


def test_method_decorators_are_read_too_late(shell: Shell) -> None:
    source = """\
from flask import Flask
from flask_restful import Api, Resource

from idem_runtime import money_moving

api = Api(Flask(__name__))


@api.resource("/wallet/transfers")
class Transfer(Resource):
    method_decorators = [money_moving]

    def post(self): ...
"""
    shell.write({"wallet/views.py": source})
    shown = shell.run("check").out
    assert "(line 11) is refused by the runtime, because `method_decorators` is read at each request" in shown
    assert "put @money_moving directly above `def post`" in shown
