from app.db import idem
from idem_runtime import money_moving


class Service:
    def __init__(self, lender):
        self.lender = lender

    def pay(self, amount):
        self.lender.sync_connection()


class Own:
    def __init__(self):
        self.lender = idem


class Plain:
    def pay(self, amount):
        idem.sync_connection()


service = Service(idem)
own = Own()
plain = Plain()


def pay(amount):
    idem.sync_connection()


@money_moving(operation="marked", key=lambda amount: amount, principal=lambda amount: "a")
def marked(amount, db=idem.lent):
    return amount
