import os

from pymongo import MongoClient

client = MongoClient(os.environ.get("MONGO_URL", "mongodb://localhost"))
database = client["bank"]
wallets = database["wallets"]
LEDGER = "ledger_entries"


def collection(name: str):
    return database[name]


class Books:
    def __init__(self) -> None:
        self.entries = collection(LEDGER)
        self.log = database.request_log

    def book(self, wallet: str, cents: int) -> None:
        self.entries.insert_one({"wallet": wallet, "amount": cents})  # writes: direct

    def note(self, wallet: str, text: str) -> None:
        self.log.insert_one({"wallet": wallet, "text": text})
