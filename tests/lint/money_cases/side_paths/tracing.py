import functools

import requests


class PaymentTrace:
    def __init__(self, amount: int) -> None:
        self.amount = amount

    def save(self) -> None:
        requests.post("http://collector.internal/traces", json={"amount": self.amount}, timeout=1)


def record_payment_metric(amount: int) -> None:
    requests.post("http://metrics.internal/payments", json={"amount": amount}, timeout=1)


def traced(name: str):
    def decorate(function):
        @functools.wraps(function)
        def wrapper(*args, **kwargs):
            PaymentTrace(0).save()
            return function(*args, **kwargs)

        return wrapper

    return decorate
