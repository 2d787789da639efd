import grpc
import zeep
from fastapi import FastAPI

from ledger_pb2_grpc import LedgerStub

app = FastAPI()
ledger = LedgerStub(grpc.insecure_channel("ledger:50051"))
bank = zeep.Client("https://bank.example/payments?wsdl")


# moves: likely  kind: proxy  chain: transfer
@app.post("/transfers")
def transfer(body: dict) -> None:
    ledger.PostTransfer(body)  # writes: proxy


# moves: no  why: it reads
@app.post("/balances")
def balance(body: dict) -> None:
    ledger.GetBalance(body)


# moves: likely  kind: proxy  chain: order_payment
@app.post("/orders/pay")
def order_payment(body: dict) -> None:
    bank.service.CreatePayment(body["iban"], body["cents"])  # writes: proxy


# moves: no  why: a SOAP call that reads
@app.post("/statements")
def statements(body: dict) -> list:
    return bank.service.GetStatements(body["iban"])
