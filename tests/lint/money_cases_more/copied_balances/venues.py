import importlib
from abc import ABC, abstractmethod

exchange = importlib.import_module("exchange")
chain = importlib.import_module("chain")
store = importlib.import_module("store")


class Tokens(ABC):
    @abstractmethod
    def mint_session_token(self, name: str) -> str: ...


def pick_balance(balances: list[dict]) -> dict:
    return balances[0]


def next_balance(balances: list[dict], amount: int) -> int:
    return balances[0]["amount"] + amount
