"""Django's own test cases: in a ``TestCase`` everything, our records too, is undone with the test."""

from django.test import Client, TestCase

from wallet.models import Account, Entry


class Transfers(TestCase):
    @classmethod
    def setUpTestData(cls) -> None:
        Account.objects.create(name="alice", balance=100)
        Account.objects.create(name="bob")

    def transfer(self, key: str = "k", amount: int = 40):
        headers = {"Idempotency-Key": key, "X-Tenant": "alice"}
        asked = {"from": "alice", "to": "bob", "amount": amount}
        return Client().post("/wallet/transfers", asked, content_type="application/json", headers=headers)

    def test_a_retry_is_answered_and_not_executed(self) -> None:
        first, again = self.transfer(), self.transfer()
        self.assertEqual((first.status_code, again.content), (201, first.content))
        self.assertEqual(again.headers["Idempotent-Replayed"], "true")
        self.assertEqual(Account.objects.get(name="bob").balance, 40)

    def test_a_refusal_is_answered_alike(self) -> None:
        first, again = self.transfer(amount=400), self.transfer(amount=400)
        self.assertEqual([first.status_code, again.status_code], [402, 402])
        self.assertEqual(Entry.objects.count(), 0)

    def test_callbacks_are_called_once(self) -> None:
        with self.captureOnCommitCallbacks() as callbacks:
            self.transfer()
            self.transfer()
        self.assertEqual(len(callbacks), 1)
