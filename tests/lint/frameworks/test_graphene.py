"""What the case files do not show of Graphene."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.flake8_run import check_file
from tests.lint.frameworks.annotated import check_source, sources

TABLE = """
### a project's own base: what it calls of the class is part of the mutation
import graphene
from idem_runtime import money_moving, not_money_moving
from wallet.base import BaseMutation, ModelMutation

class Pay(BaseMutation):  # found: money_moving
    @classmethod
    @money_moving
    def perform_mutation(cls, root, info, **data):
        return cls()

class Move(BaseMutation):  # idle
    @money_moving
    @classmethod
    def perform_mutation(cls, root, info, **data):
        return cls()

class Create(ModelMutation):  # found: money_moving
    @classmethod
    @money_moving
    def save(cls, info, instance):
        instance.save()

@not_money_moving(reason="a label")
class Label(ModelMutation):  # found: not_money_moving
    pass

class Mutation(graphene.ObjectType):
    pay = Pay.Field()
    move = Move.Field()
    create = Create.Field()
    label = Label.Field()
    token = graphql_jwt.ObtainJSONWebToken.Field()
    text = Text.Field()

class Text:
    pass

--- wallet/base.py
import graphene

class BaseMutation(graphene.Mutation):
    class Meta:
        abstract = True

    @classmethod
    def mutate(cls, root, info, **data):
        cls.check(info)
        return cls.perform_mutation(root, info, **data)

    @classmethod
    def check(cls, info):
        return cls.check_again(info)

    LIMIT = 3

class ModelMutation(BaseMutation):
    @classmethod
    def perform_mutation(cls, root, info, **data):
        cls.save(info, cls.LIMIT)
        return cls.perform_mutation(root, info)

    @classmethod
    def save(cls, info, instance):
        instance.save()

### relay, forms and serializers
import graphene
from graphene import relay
from graphene_django.forms.mutation import DjangoFormMutation
from idem_runtime import money_moving

class Relay(relay.ClientIDMutation):  # found: money_moving
    @classmethod
    @money_moving
    def mutate_and_get_payload(cls, root, info, **data):
        return cls()

class Form(DjangoFormMutation):  # found
    class Meta:
        form_class = PayForm

class Late(graphene.Mutation):
    @staticmethod
    def mutate(root, info):  # found: money_moving
        return Late()

Late.mutate = money_moving(Late.mutate)

class Assigned(graphene.Mutation):  # found
    mutate = elsewhere

class Root(graphene.ObjectType):
    relay = Relay.Field()
    form = Form.Field()
    late = Late.Field()

for kind in (Assigned,):
    setattr(Root, kind.__name__, kind.Field())

for kind in unknown:
    setattr(Root, kind.__name__, kind.Field())

### resolvers of the mutation type
import graphene
from idem_runtime import money_moving

def settle(root, info):  # found: money_moving
    return True

class WalletMutation(graphene.ObjectType):
    pay = graphene.Boolean()
    settle = graphene.Field(graphene.Boolean, description="settles", resolver=money_moving(settle))
    limit: int

    @money_moving
    def resolve_pay(root, info):  # found: money_moving
        return True

    def resolve_nothing(root, info):
        return True

class CreateMutation(graphene.Mutation):
    ok = graphene.Boolean()

    def resolve_ok(root, info):
        return True

class Root(WalletMutation):
    freeze = graphene.Boolean()

    def resolve_freeze(root, info):  # found
        return True

class Query(graphene.ObjectType):
    balance = graphene.Int()

    def resolve_balance(root, info):
        return 3

schema = graphene.Schema(query=Query, mutation=Root)
other = graphene.Schema(query=Query)
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_the_linter_finds_what_the_comments_say(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def test_flake8_judges_a_mutation_that_another_file_has_as_a_field(tmp_path: Path) -> None:
    files = {
        "wallet/pay.py": "import graphene\n\n\nclass Pay(graphene.Mutation):\n    def mutate(root, info): ...\n\n\n"
        "class Unused(graphene.Mutation):\n    def mutate(root, info): ...\n\n\nclass Other: ...\n",
        "schema.py": "import graphene\nfrom wallet.pay import Pay\n\n\n"
        "class Mutation(graphene.ObjectType):\n    pay = Pay.Field()\n",
        "pyproject.toml": "",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    pay = files["wallet/pay.py"]
    found = check_file(str(tmp_path / "wallet/pay.py"), pay)
    assert [(finding.code, finding.line) for finding in found] == [("IDM001", 5)]
