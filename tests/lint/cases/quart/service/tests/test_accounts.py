from app import app


async def test_a_transfer_is_answered():
    client = app.test_client()
    answer = await client.post("/wallet/transfers", json={"amount": 1})
    assert answer.status_code == 201
