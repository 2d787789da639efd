from __future__ import annotations

from rest_framework.test import APIClient, APIRequestFactory, APITestCase

from wallet.api import EntryViewSet, PayView


class PayTest(APITestCase):
    def test_pay(self) -> None:
        APIClient().post("/pay/", {})
        PayView.as_view()(APIRequestFactory().post("/pay/"))
        EntryViewSet.as_view({"get": "list"})(APIRequestFactory().get("/entries/"))
