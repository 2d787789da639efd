from unittest import mock

from app import app


def test_a_transfer_is_booked():
    client = app.test_client()
    answer = client.post("/wallet/transfers", json={"to": "ada", "amount": 3})
    assert answer.status_code == 201


class TestWithdraw:
    def setup_method(self):
        self.client = app.test_client()

    def test_a_withdrawal_leaves_by_the_rail(self):
        with mock.patch("wallet.ledger.requests") as requests:
            requests.post.return_value.json.return_value = {}
            self.client.post("/wallet/withdrawals", json={"amount": 1})
        requests.post.assert_called_once()

    def post(self, path):
        return self.client.post(path)
