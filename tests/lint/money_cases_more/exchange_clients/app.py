from desk.client import Client
from fastapi import FastAPI
from hyperliquid.exchange import Exchange

app = FastAPI()
client = Client("https://desk.example")
exchange = Exchange("key")


# moves: likely  kind: proxy  chain: send -> Client.transfer  why: the verb and the path stand in the arguments of the project's own client
@app.post("/send")
def send(body: dict):
    return client.transfer(body)


# moves: no  why: another verb
@app.post("/list")
def show(body: dict):
    return client.transfers()


# moves: likely  kind: proxy  chain: bulk -> Client.pay_out
@app.post("/bulk")
def bulk(body: dict):
    return client.pay_out(body)


# moves: no  why: a quote
@app.post("/quote")
def quote(body: dict):
    return client.quote(body)


# moves: likely  kind: external  chain: spend -> Client.spend  why: a node's call, by its name
@app.post("/spend")
def spend(body: dict):
    return client.spend(body["address"], body["amount"])


# moves: no  why: another call of the node
@app.post("/height")
def height():
    return client.height()


# moves: likely  kind: proxy  chain: buy -> Client.market_order  why: an order at a broker spends
@app.post("/buy")
def buy(body: dict):
    return client.market_order(body)


# moves: no  why: it takes an order back
@app.post("/cancel")
def cancel(body: dict):
    return client.cancel(body)


# moves: no  why: an order asks for goods
@app.post("/goods")
def goods(body: dict):
    return client.goods(body)


# moves: likely  kind: external  chain: open_position  why: an exchange's own package
@app.post("/open")
def open_position(body: dict):
    return exchange.market_open(body["coin"], True, body["size"])  # writes: external


# moves: likely  kind: external  chain: limit  why: the same, with the order in the method's name
@app.post("/limit")
def limit(body: dict):
    return exchange.place_order(body["coin"], body["size"], body["price"])  # writes: external


# moves: no  why: an order that is only looked at
@app.post("/order")
def order(body: dict):
    return exchange.order_status(body["id"])


# moves: no  why: what an exchange is only asked for
@app.post("/address")
def address(body: dict):
    return exchange.get_deposit_address(body["coin"])


# moves: likely  kind: external  chain: transfer_funds  why: a package's method that ends in the verb, and a name that says money
@app.post("/transfer")
def transfer_funds(body: dict):
    return exchange.usd_class_transfer(body["amount"], True)  # writes: external
