"""The money map lists the forms in which Django's admin writes money by itself, and nobody is accused of them."""

from __future__ import annotations

import json
from textwrap import dedent

import pytest

from tests.lint.front.project import Shell

MODELS = """\
from django.db import models


class Payment(models.Model):
    amount = models.IntegerField()
    account = models.CharField(max_length=34)


class Wallet(models.Model):
    balance = models.IntegerField()


class Price(models.Model):
    amount = models.IntegerField()
"""
ADMIN = """\
from django.contrib import admin

from wallet.models import Payment, Price, Wallet
"""
ADDS = "the admin site adds rows of Payment"
EDITS = "the admin site edits balance of Wallet"


@pytest.mark.parametrize(
    ("registered", "expected"),
    [
        ("admin.site.register(Payment)", [("Payment", ADDS)]),
        ("admin.site.register([Payment, Price])", [("Payment", ADDS)]),
        ("admin.site.register(Wallet)", [("Wallet", EDITS)]),
        ("other.register(Payment)", []),
        ("admin.site.register()", []),
        ("@final\n@admin.register(Wallet)\nclass A(admin.ModelAdmin):\n    pass", [("A", EDITS)]),
        (
            "class A(admin.ModelAdmin):\n    pass\nadmin.site.register(Payment, A)\nother.register(Payment, A)",
            [("A", ADDS)],
        ),
        ("admin.site.register(Payment, object)", []),
        ("class A(admin.ModelAdmin):\n    pass\nadmin.site.register(Payment, A)", [("A", ADDS)]),
        ("@admin.register(Wallet)\nclass A(admin.ModelAdmin):\n    pass", [("A", EDITS)]),
        ("@admin.register(Price)\nclass A(admin.ModelAdmin):\n    pass", []),
        ("@admin.register(Payment)\nclass A:\n    pass", []),
        ("@admin.register(Wallet)\nclass A(admin.ModelAdmin):\n    readonly_fields = ('balance',)", []),
        (
            (
                "@admin.register(Payment)\nclass A(admin.ModelAdmin):\n"
                "    def has_add_permission(self, request):\n        return False"
            ),
            [],
        ),
        (
            (
                "@admin.register(Payment)\nclass A(admin.ModelAdmin):\n"
                "    def has_add_permission(self, request):\n        return request.user.is_superuser"
            ),
            [("A", ADDS)],
        ),
        (
            (
                "@admin.register(Wallet)\nclass A(admin.ModelAdmin):\n"
                "    def has_change_permission(self, request, obj=None):\n        return False"
            ),
            [],
        ),
        (
            (
                "@admin.register(Payment)\nclass A(admin.ModelAdmin):\n"
                "    def save_model(self, request, obj, form, change):\n        pass"
            ),
            [],
        ),
    ],
)
def test_a_model_that_an_admin_adds_or_edits_is_listed(
    registered: str, expected: list[tuple[str, str]], shell: Shell
) -> None:
    shell.write({"wallet/models.py": MODELS, "wallet/admin.py": f"{ADMIN}\n{registered}\n"})
    points = json.loads(shell.run("money", "--format", "json").out)["entry_points"]
    assert [
        (point["qualname"], point["writes"][0]["sink"]) for point in points if point["kind"] == "admin"
    ] == expected
    assert "IDM102" not in shell.run("--select", "IDM102").out


def test_the_list_shows_the_form_to_people(shell: Shell) -> None:
    shell.write({"wallet/models.py": MODELS, "wallet/admin.py": f"{ADMIN}\nadmin.site.register(Payment)\n"})
    assert ADDS in shell.run("money").out


def test_an_admin_that_is_registered_in_another_file_is_shown_where_it_is_registered(shell: Shell) -> None:
    shell.write(
        {
            "wallet/models.py": MODELS,
            "wallet/shown.py": dedent("""\
                from django.contrib import admin


                class PaymentAdmin(admin.ModelAdmin):
                    pass
            """),
            "wallet/admin.py": f"{ADMIN}\nfrom wallet.shown import PaymentAdmin\n\n"
            "admin.site.register(Payment, PaymentAdmin)\n",
        }
    )
    [point] = json.loads(shell.run("money", "--format", "json").out)["entry_points"]
    assert (point["file"], point["line"], point["qualname"]) == ("wallet/admin.py", 7, "PaymentAdmin")


def test_a_file_that_is_left_out_has_no_forms(shell: Shell) -> None:
    shell.write(
        {
            "wallet/models.py": MODELS,
            "wallet/admin.py": f"{ADMIN}\nadmin.site.register(Payment)\n",
            "pyproject.toml": '[tool.idem-lint]\nexclude = ["wallet/admin.py"]\n',
        }
    )
    assert json.loads(shell.run("money", "--format", "json").out)["entry_points"] == []
