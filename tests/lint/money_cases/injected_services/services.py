from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import stripe
from odmantic import EmbeddedModel, Field


class Rail(Protocol):
    def pay(self, account: str, cents: int) -> str: ...

    def name(self) -> str: ...


class CardRail:
    def pay(self, account: str, cents: int) -> str:
        return stripe.PaymentIntent.create(customer=account, amount=cents, currency="eur").id  # writes: external

    def name(self) -> str:
        return "card"


class Movement(ABC):
    def run(self, cents: int) -> str:
        self.validate(cents)
        return self.execute(cents)

    def validate(self, cents: int) -> None:
        if cents <= 0:
            raise ValueError(cents)

    @abstractmethod
    def execute(self, cents: int) -> str: ...


class Payout(Movement):
    def execute(self, cents: int) -> str:
        return stripe.Payout.create(amount=cents, currency="eur").id  # writes: external


class DryPayout(Payout):
    def execute(self, cents: int) -> str:
        return f"would pay {cents}"


class LoggedPayout(Payout):
    def execute(self, cents: int) -> str:
        print(cents)
        return super().execute(cents)


@dataclass
class Service:
    rail: Rail = field(default_factory=CardRail)

    def settle(self, account: str, cents: int) -> str:
        return self.rail.pay(account, cents)

    @property
    def label(self) -> str:
        return self.rail.name()


class Desk(EmbeddedModel):
    rail = Field(default_factory=CardRail)

    def settle(self, account: str, cents: int) -> str:
        return self.rail.pay(account, cents)


def refund(charge: str) -> str:
    return stripe.Refund.create(charge=charge).id  # writes: external


def describe(charge: str) -> str:
    return f"a charge, {charge}"


COMMANDS: dict[str, Callable[[str], str]] = {"refund": refund, "describe": describe}
