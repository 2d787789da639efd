from fastapi import FastAPI

import books
from books import Books

app = FastAPI()
ledger = Books()


# moves: sure  kind: direct  chain: pay -> post
@app.post("/pay")
def pay(account: str, cents: int) -> None:
    books.post(account, cents)


# moves: sure  kind: direct  chain: transfer -> Books.transfer
@app.post("/transfer")
def transfer(source: str, target: str, cents: int) -> None:
    ledger.transfer(source, target, cents)


# moves: sure  kind: direct  chain: together -> both -> post  why: of two chains the shorter one is shown
@app.post("/both")
def together(account: str, cents: int) -> None:
    both(account, cents)


def both(account: str, cents: int) -> None:
    books.post(account, cents)
    again(account, cents)


def again(account: str, cents: int) -> None:
    ledger.transfer(account, account, cents)


# moves: no  why: the class has a ledger write, this method is none
@app.post("/look-up")
def look_up(account: str) -> int:
    return ledger.look_up(account)


# moves: sure  kind: direct  chain: walk -> one -> two -> three -> four -> five -> six -> post  why: seven steps are within reach
@app.post("/walk")
def walk(account: str) -> None:
    one(account)


def one(account: str) -> None:
    two(account)


def two(account: str) -> None:
    three(account)


def three(account: str) -> None:
    four(account)


def four(account: str) -> None:
    five(account)


def five(account: str) -> None:
    six(account)


def six(account: str) -> None:
    books.post(account, 1)


# moves: sure  kind: direct  chain: circle -> ping -> post  why: functions that call each other end all the same
@app.post("/circle")
def circle(account: str) -> None:
    ping(account, 3)


def ping(account: str, times: int) -> None:
    pong(account, times)
    books.post(account, times)


def pong(account: str, times: int) -> None:
    if times:
        ping(account, times - 1)
