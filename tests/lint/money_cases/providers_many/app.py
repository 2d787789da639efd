import adyen_client
import braintree
import gocardless_pro
import paypalrestsdk
import razorpay
from flask import Flask, request
from mollie.api.client import Client as Mollie
from square.client import Client as Square

app = Flask(__name__)
gateway = braintree.BraintreeGateway(braintree.Configuration(environment=braintree.Environment.Sandbox))
mollie = Mollie()
square = Square(access_token="token")
direct_debit = gocardless_pro.Client(access_token="token", environment="sandbox")
orders = razorpay.Client(auth=("key", "secret"))


# moves: likely  kind: external  chain: braintree_sale
@app.post("/braintree")
def braintree_sale():
    gateway.transaction.sale({"amount": request.json["amount"], "payment_method_token": "t"})  # writes: external
    return "", 204


# moves: no  why: a token that lets the browser enter a card
@app.post("/braintree/token")
def braintree_token():
    return gateway.client_token.generate()


# moves: likely  kind: external  chain: mollie_refund
@app.post("/mollie/refunds")
def mollie_refund():
    payment = mollie.payments.get(request.json["payment"])
    payment.refunds.create({"amount": {"currency": "EUR", "value": "1.00"}})  # writes: external
    return "", 204


# moves: likely  kind: external  chain: square_payment
@app.post("/square")
def square_payment():
    square.payments.create_payment(body=request.json)  # writes: external
    return "", 204


# moves: likely  kind: external  chain: collect
@app.post("/debits")
def collect():
    direct_debit.payments.create(params={"amount": 100, "links": {"mandate": "m"}})  # writes: external
    return "", 204


# moves: no  why: a mandate is configuration
@app.post("/mandates")
def mandate():
    direct_debit.mandates.create(params={"links": {"customer_bank_account": "b"}})
    return "", 204


# moves: likely  kind: external  chain: paypal_execute
@app.post("/paypal/execute")
def paypal_execute():
    payment = paypalrestsdk.Payment.find(request.json["payment"])
    payment.execute({"payer_id": request.json["payer"]})  # writes: external
    return "", 204


# moves: likely  kind: external  chain: razorpay_capture
@app.post("/razorpay/capture")
def razorpay_capture():
    orders.payment.capture(request.json["payment"], 100)  # writes: external
    return "", 204


# moves: no  why: a local module that only shares a name with a provider
@app.post("/adyen/ping")
def ping():
    return adyen_client.ping()
