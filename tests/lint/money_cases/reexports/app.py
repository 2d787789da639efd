from flask import Flask, request
from flask.views import MethodView

import bank

app = Flask(__name__)


class Base(MethodView):
    def post(self):
        self.act(request.json)
        return "", 204

    def act(self, body):
        raise NotImplementedError


# moves: likely  kind: direct  chain: Transfers -> Base.post -> Transfers.act -> transfer  why: an inherited post calls what the subclass has
class Transfers(Base):
    def act(self, body):
        bank.transfer(body["source"], body["target"], body["amount"])


class Settlements(MethodView):
    # moves: likely  kind: direct  chain: Settlements.post -> settle
    def post(self):
        bank.finish(request.json["key"])
        return "", 204


class History(MethodView):
    # moves: no  why: it reads
    def post(self):
        return {"rows": [list(row) for row in bank.history(request.json["source"])]}


app.add_url_rule("/transfers", view_func=Transfers.as_view("transfers"))
app.add_url_rule("/settlements", view_func=Settlements.as_view("settlements"))
app.add_url_rule("/history", view_func=History.as_view("history"))
