from unittest import mock

import pytest
from fastapi import Depends
from fastapi.testclient import TestClient

from app import app

client = TestClient(app)


@pytest.fixture
def api():
    with TestClient(app) as inside:
        yield inside


@pytest.mark.parametrize("path", ["/wallet/only"])
def test_only(api, path):
    assert api.post(path, json={}).status_code == 200
    response = client.post("/wallet/only", json={"amount": 1})
    assert response.json()


@mock.patch("wallet.clients.post", return_value={})
def test_post(post):
    client.post("/wallet/only", json={})
    post.assert_called_once()


def test_stub(respx_mock):
    route = respx_mock.post("https://ledger.bank.example/wallet/transfers").mock(return_value=None)
    stub = mock.Mock()
    stub.add_api_route("/wallet/stub", "handler", methods=["POST"])
    assert route.called, Depends
