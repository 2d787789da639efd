from fastapi import FastAPI, HTTPException

from dependencies import Articles, Rules, Transfers, Wallets
from models import Article, SplitRule, Transfer, TransferCreate, Wallet

app = FastAPI()


# moves: likely  kind: direct  chain: create_transfer -> Repository.create
@app.post("/transfers")
def create_transfer(body: TransferCreate, transfers: Transfers) -> Transfer:
    return transfers.create(body)


# moves: likely  kind: direct  chain: settle_transfer -> TransferRepository.settle
@app.post("/transfers/{key}/settle")
def settle_transfer(key: int, transfers: Transfers) -> None:
    transfer = transfers.get(key)
    if transfer is None:
        raise HTTPException(404)
    transfers.settle(transfer)


# moves: no  why: a status that says nothing of money
@app.post("/transfers/{key}/review")
def review_transfer(key: int, transfers: Transfers) -> None:
    transfer = transfers.get(key)
    if transfer is not None:
        transfers.label(transfer)


# moves: no  why: the same generic create, bound to another model
@app.post("/articles")
def create_article(body: Article, articles: Articles) -> Article:
    return articles.create(body)


# moves: no  why: a rule is configuration, though it has an amount and a wallet
@app.post("/split-rules")
def create_rule(body: SplitRule, rules: Rules) -> SplitRule:
    return rules.create(body)


# moves: no  why: a wallet is a holder, and a new one is empty
@app.post("/wallets")
def create_wallet(name: str, wallets: Wallets) -> Wallet:
    return wallets.create(Wallet(name=name))
