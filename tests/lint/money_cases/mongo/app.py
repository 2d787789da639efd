from decimal import Decimal

from fastapi import FastAPI, Request

from documents import Deposit, Holder, Profile, Withdrawal
from store import Books, wallets

app = FastAPI()
books = Books()


# moves: likely  kind: direct  chain: spend
@app.post("/spend")
def spend(wallet: str, cents: int) -> None:
    wallets.update_one({"_id": wallet}, {"$inc": {"balance": -cents}})  # writes: direct


# moves: likely  kind: direct  chain: book -> Books.book
@app.post("/book")
def book(wallet: str, cents: int) -> None:
    books.book(wallet, cents)


# moves: likely  kind: direct  chain: withdraw
@app.post("/withdrawals")
async def withdraw(wallet: str, amount: Decimal) -> None:
    await Withdrawal(wallet_id=wallet, amount=amount).insert()  # writes: direct


# moves: likely  kind: direct  chain: deposit
@app.post("/deposits")
def deposit(holder: str, amount: Decimal) -> None:
    Deposit(holder=Holder.objects.get(name=holder), amount=amount).save()  # writes: direct


# moves: likely  kind: direct  chain: motor_transfer
@app.post("/transfers")
async def motor_transfer(request: Request, wallet: str, cents: int) -> None:
    transfers = request.app.state.mongo.bank.transfers
    await transfers.insert_one({"wallet": wallet, "amount": cents})  # writes: direct


# moves: no  why: the field that is set holds no money
@app.post("/wallets/{wallet}/theme")
def theme(wallet: str, color: str) -> None:
    wallets.update_one({"_id": wallet}, {"$set": {"color": color}})


# moves: no  why: a log
@app.post("/notes")
def note(wallet: str, text: str) -> None:
    books.note(wallet, text)


# moves: no  why: a profile
@app.post("/profiles")
async def profile(wallet: str, name: str) -> None:
    await Profile(wallet_id=wallet, display_name=name).insert()


# moves: no  why: it reads
@app.post("/wallets/search")
def search(owner: str) -> list[dict]:
    return list(wallets.find({"owner": owner}))
