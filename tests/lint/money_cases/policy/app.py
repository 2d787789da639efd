from falcon import App
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from models import Budget, Disbursement, ExchangeRate, Hold, LoanApplication, Order, StandingOrder, UsageRecord

engine = create_engine("postgresql+psycopg://localhost/bank")


class Resource:
    def keep(self, row) -> None:
        with Session(engine) as session, session.begin():
            session.add(row)  # writes: direct, instruction


class Orders(Resource):
    # moves: no  why: an order asks for goods
    def on_post(self, req, resp):
        self.keep(Order(total_amount=req.media["amount"]))


class OrderPaid:
    # moves: likely  kind: direct  chain: OrderPaid.on_post  why: the order is settled
    def on_post(self, req, resp, key):
        with Session(engine) as session, session.begin():
            session.get_one(Order, key).status = "paid"  # writes: direct


class OrderCancelled:
    # moves: no  why: nothing was paid, nothing goes back
    def on_post(self, req, resp, key):
        with Session(engine) as session, session.begin():
            session.get_one(Order, key).status = "cancelled"


class Usage(Resource):
    # moves: no  why: a count is priced later
    def on_post(self, req, resp):
        self.keep(UsageRecord(account_id=req.media["account"], quantity=req.media["quantity"]))


class Holds(Resource):
    # moves: likely  kind: direct  chain: Holds.on_post -> Resource.keep  why: a hold takes what can be spent
    def on_post(self, req, resp):
        self.keep(Hold(account_id=req.media["account"], amount=req.media["amount"]))


class HoldRelease:
    # moves: likely  kind: direct  chain: HoldRelease.on_post  why: it gives back what can be spent
    def on_post(self, req, resp, key):
        with Session(engine) as session, session.begin():
            session.get_one(Hold, key).released = True  # writes: direct


class Applications(Resource):
    # moves: no  why: somebody decides later
    def on_post(self, req, resp):
        self.keep(LoanApplication(amount=req.media["amount"]))


class Approval:
    # moves: likely  kind: instruction  chain: Approval.on_post  why: what is approved here is paid without a further question
    def on_post(self, req, resp, key):
        with Session(engine) as session, session.begin():
            application = session.get_one(LoanApplication, key)
            application.status = "approved"
            session.add(Disbursement(loan_id=key, amount=application.amount))  # writes: instruction


class Rejection:
    # moves: no  why: nothing is paid
    def on_post(self, req, resp, key):
        with Session(engine) as session, session.begin():
            session.get_one(LoanApplication, key).status = "rejected"


class StandingOrders(Resource):
    # moves: likely  kind: instruction  chain: StandingOrders.on_post -> Resource.keep  why: it is paid again and again without a further question
    def on_post(self, req, resp):
        self.keep(StandingOrder(account_id=req.media["account"], amount=req.media["amount"], every="month"))


class Rates(Resource):
    # moves: no  why: a rate is configuration
    def on_post(self, req, resp):
        self.keep(ExchangeRate(currency=req.media["currency"], rate=req.media["rate"]))


class Budgets(Resource):
    # moves: no  why: a budget is a plan
    def on_post(self, req, resp):
        self.keep(Budget(amount=req.media["amount"]))


app = App()
app.add_route("/orders", Orders())
app.add_route("/orders/{key}/paid", OrderPaid())
app.add_route("/orders/{key}/cancelled", OrderCancelled())
app.add_route("/usage", Usage())
app.add_route("/holds", Holds())
app.add_route("/holds/{key}/release", HoldRelease())
app.add_route("/applications", Applications())
app.add_route("/applications/{key}/approval", Approval())
app.add_route("/applications/{key}/rejection", Rejection())
app.add_route("/standing-orders", StandingOrders())
app.add_route("/rates", Rates())
app.add_route("/budgets", Budgets())
