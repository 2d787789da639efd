import stripe
from quart import Quart, request

from handlers import HANDLERS, on_paid

app = Quart(__name__)


# moves: likely  kind: direct  chain: stripe_hook -> on_paid  why: a table of events
@app.post("/webhooks/stripe")
async def stripe_hook():
    event = stripe.Webhook.construct_event(await request.data, request.headers["Stripe-Signature"], "secret")
    handler = HANDLERS.get(event.type)
    if handler:
        await handler(event.data.object)
    return "", 204


# moves: likely  kind: direct  chain: bank_hook -> on_paid
@app.post("/webhooks/bank")
async def bank_hook():
    body = await request.json
    match body["type"]:
        case "credit":
            await on_paid(body)
        case _:
            pass
    return "", 204


# moves: no  why: it stores what came, as it came
@app.post("/webhooks/inbox")
async def inbox():
    from handlers import keep

    await keep(await request.json)
    return "", 204


# moves: no  why: it answers a challenge
@app.post("/webhooks/challenge")
async def challenge():
    return {"challenge": (await request.json)["challenge"]}
