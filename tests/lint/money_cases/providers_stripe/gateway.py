import os

import stripe
from stripe import StripeClient

stripe.api_key = os.environ.get("STRIPE_KEY", "")
client = StripeClient(os.environ.get("STRIPE_KEY", ""))


class Gateway:
    def __init__(self, api=stripe) -> None:
        self.api = api

    def charge(self, customer: str, cents: int) -> str:
        intent = self.api.PaymentIntent.create(  # writes: external
            customer=customer, amount=cents, currency="eur", confirm=True
        )
        return intent.id

    def status(self, intent: str) -> str:
        return self.api.PaymentIntent.retrieve(intent).status
