from celery import Celery, Task, shared_task
from celery import shared_task as background

from idem_runtime import money_moving, not_money_moving
from ledger import book

app = Celery("bank", set_as_current=False)


@app.task
def settle(account):  # want IDM102
    book(account, 1)


@shared_task(bind=True)
def accrue(self, account):  # want IDM102
    book(account, 1)


@background
def renamed(account):  # want IDM102
    book(account, 1)


class Refund(Task):
    def run(self, account):  # want IDM102
        self.move(account)

    def move(self, account):
        book(account, -1)


@app.task
def reads(account):
    return account


@app.task
@money_moving(operation="payout", key=lambda account: account, principal=lambda account: account)
def payout(account):
    book(account, 1)


@app.task
@not_money_moving(reason="a correction")
def corrects(account):  # want IDM101
    book(account, 1)


def not_a_task(account):
    book(account, 1)


@shared_task
def outer(account):  # want IDM102
    inner.delay(account)


@shared_task
def inner(account):
    book(account, 1)


@shared_task
def there(account):
    back.delay(account)
    book(account, 1)


@shared_task
def back(account):  # want IDM102
    there.delay(account)


class BankCelery(Celery):
    """An application class of the bank's own."""


own = BankCelery("own", set_as_current=False)


@own.task
def of_own_class(account):  # want IDM102
    book(account, 1)
