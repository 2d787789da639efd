import requests

RAIL = "https://rail.example/payouts"


def post(account, amount):
    """Books one line; a helper that happens to be called post."""
    return {"account": account, "amount": amount}


def send(account, amount):
    answer = requests.post(RAIL, json={"account": account, "amount": amount}, timeout=5)
    return answer.json()


class Client:
    def __init__(self, session):
        self.session = session

    def post(self, path, payload):
        return self.session.post(path, json=payload)
