from decimal import Decimal

from fastapi import APIRouter, FastAPI
from tortoise.expressions import F
from tortoise.transactions import in_transaction

from models import CreditTransaction, Message, User

router = APIRouter(prefix="/credits")


# moves: likely  kind: direct  chain: buy
@router.post("/buy")
async def buy(user_id: int, amount: Decimal) -> None:
    async with in_transaction() as connection:
        await CreditTransaction.create(user_id=user_id, amount=amount, using_db=connection)  # writes: direct


# moves: likely  kind: direct  chain: spend
@router.post("/spend")
async def spend(user_id: int, amount: Decimal) -> None:
    await User.filter(id=user_id).update(credit_balance=F("credit_balance") - amount)  # writes: direct


# moves: likely  kind: direct  chain: reset
@router.post("/reset")
async def reset(user_id: int) -> None:
    user = await User.get(id=user_id)
    user.credit_balance = Decimal(0)  # writes: direct
    await user.save(update_fields=["credit_balance"])


# moves: no  why: a name
@router.post("/rename")
async def rename(user_id: int, name: str) -> None:
    user = await User.get(id=user_id)
    user.name = name
    await user.save()


# moves: no  why: no money model
@router.post("/messages")
async def say(text: str) -> None:
    await Message.create(text=text)


app = FastAPI()
app.include_router(router)
