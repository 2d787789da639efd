import stripe
from fastapi import FastAPI, Request

from gateway import Gateway, client

app = FastAPI()
gateway = Gateway()


# moves: likely  kind: external  chain: charge -> Gateway.charge
@app.post("/charges")
def charge(customer: str, cents: int) -> str:
    return gateway.charge(customer, cents)


# moves: likely  kind: external  chain: refund
@app.post("/refunds")
def refund(intent: str) -> None:
    stripe.Refund.create(payment_intent=intent)  # writes: external


# moves: likely  kind: external  chain: pay_out
@app.post("/payouts")
def pay_out(cents: int) -> None:
    client.payouts.create(params={"amount": cents, "currency": "eur"})  # writes: external


# moves: likely  kind: external  chain: capture
@app.post("/holds/{intent}/capture")
async def capture(intent: str) -> None:
    await client.v1.payment_intents.capture_async(intent)  # writes: external


# moves: likely  kind: external  chain: subscribe  why: a subscription charges from now on
@app.post("/subscriptions")
def subscribe(customer: str, price: str) -> None:
    stripe.Subscription.create(customer=customer, items=[{"price": price}])  # writes: external


# moves: no  why: it reads from the provider
@app.post("/charges/status")
def status(intent: str) -> str:
    return gateway.status(intent)


# moves: no  why: a customer is configuration
@app.post("/customers")
def customer(email: str) -> str:
    return stripe.Customer.create(email=email).id


# moves: no  why: a page on which the payer decides
@app.post("/checkout")
def checkout(price: str) -> str:
    session = stripe.checkout.Session.create(mode="payment", line_items=[{"price": price, "quantity": 1}])
    return session.url


# moves: no  why: a card is put on file
@app.post("/cards")
def keep_card(customer: str) -> str:
    return client.setup_intents.create(params={"customer": customer}).client_secret


# moves: no  why: it checks a signature
@app.post("/webhooks/verify")
async def verify(request: Request) -> str:
    event = stripe.Webhook.construct_event(await request.body(), request.headers["stripe-signature"], "secret")
    return event.type


# moves: no  why: a price is configuration
@app.post("/prices")
def price(cents: int, product: str) -> str:
    return stripe.Price.create(unit_amount=cents, currency="eur", product=product).id
