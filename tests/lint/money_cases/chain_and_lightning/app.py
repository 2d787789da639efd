from bitcoinrpc.authproxy import AuthServiceProxy
from pyln.client import LightningRpc
from sanic import Sanic, json
from web3 import Web3

app = Sanic("wallet")
web3 = Web3(Web3.HTTPProvider("http://localhost:8545"))
node = LightningRpc("/run/lightning-rpc")
bitcoin = AuthServiceProxy("http://localhost:8332")


class Hot:
    def send(self, raw: bytes) -> str:
        return web3.eth.send_raw_transaction(raw).hex()  # writes: external

    def sign(self, transaction: dict, key: str) -> bytes:
        return web3.eth.account.sign_transaction(transaction, key).raw_transaction


hot = Hot()


# moves: likely  kind: external  chain: broadcast -> Hot.send
@app.post("/ethereum/send")
async def broadcast(request):
    return json({"hash": hot.send(hot.sign(request.json["transaction"], "key"))})


# moves: no  why: signing alone sends nothing
@app.post("/ethereum/sign")
async def sign(request):
    return json({"raw": hot.sign(request.json["transaction"], "key").hex()})


# moves: no  why: an estimate
@app.post("/ethereum/estimate")
async def estimate(request):
    return json({"gas": web3.eth.estimate_gas(request.json["transaction"])})


# moves: likely  kind: external  chain: pay_invoice
@app.post("/lightning/pay")
async def pay_invoice(request):
    return json(node.pay(request.json["bolt11"]))  # writes: external


# moves: no  why: it asks to be paid
@app.post("/lightning/invoice")
async def make_invoice(request):
    return json(node.invoice(request.json["msat"], request.json["label"], "tea"))


# moves: likely  kind: external  chain: send_coins
@app.post("/bitcoin/send")
async def send_coins(request):
    return json({"txid": bitcoin.sendtoaddress(request.json["address"], request.json["amount"])})  # writes: external


# moves: no  why: an address to be paid at
@app.post("/bitcoin/address")
async def new_address(request):
    return json({"address": bitcoin.getnewaddress()})
