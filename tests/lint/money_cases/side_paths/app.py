import logging
import smtplib

import requests
from flask import Flask, request

from tracing import PaymentTrace, record_payment_metric, traced

app = Flask(__name__)
log = logging.getLogger("payments")


# moves: no  why: logging about payments
@app.post("/payments/log")
def log_payment():
    log.info("payment %s", request.json["amount"])
    return "", 204


# moves: no  why: a trace of a payment
@app.post("/payments/trace")
def trace_payment():
    PaymentTrace(amount=request.json["amount"]).save()
    return "", 204


# moves: no  why: a metric
@app.post("/payments/metric")
def metric():
    record_payment_metric(request.json["amount"])
    return "", 204


# moves: no  why: a mail about a payment
@app.post("/payments/mail")
def mail():
    with smtplib.SMTP("localhost") as server:
        server.sendmail("bank@example.com", request.json["to"], "You were paid")
    return "", 204


# moves: no  why: a webhook that tells others; nothing of ours moves
@app.post("/payments/hook/test")
def test_hook():
    requests.post(request.json["url"], json={"event": "payment.test"}, timeout=5)
    return "", 204


# moves: no  why: the decorator traces
@app.post("/payments/traced")
@traced("payment")
def with_trace():
    return "", 204


# moves: no  why: an export
@app.post("/payments/export")
def export():
    with open("/tmp/payments.csv", "w") as file:
        file.write("amount\n")
    return "", 204
