from pathlib import Path

QUERIES = Path(__file__).parent / "queries"
INSERT_ENTRY = "INSERT INTO ledger_entries (account_id, amount) VALUES (%s, %s)"
TABLE = "transfers"


def load(name: str) -> str:
    return (QUERIES / f"{name}.sql").read_text()


CREDIT = load("credit_account")
FIND = load("find_account")
