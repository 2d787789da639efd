import sqlite3

connection = sqlite3.connect(":memory:")


def deposit(account: int, cents: int) -> None:
    connection.execute("update accounts set balance = balance + ? where id = ?", (cents, account))  # writes: direct


def set_theme(account: int, theme: str) -> None:
    connection.execute("update accounts set theme = ? where id = ?", (theme, account))


def read_balance(account: int) -> int:
    return connection.execute("select balance from accounts where id = ?", (account,)).fetchone()[0]
