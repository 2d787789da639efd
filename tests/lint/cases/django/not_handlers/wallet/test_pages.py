from __future__ import annotations

from django.test import Client, RequestFactory, TestCase
from django.views import View

from wallet import pages


class PayTest(TestCase):
    def test_pays(self) -> None:
        self.assertEqual(self.client.post("/pay/", {"amount": 3}).status_code, 200)
        Client().post("/pay/", {"amount": 3})
        pages.pay(RequestFactory().post("/pay/"))


class FakeView(View):
    """Registered nowhere, has no post."""

    def get(self, request):
        return None
