from flask import Blueprint
from flask.views import MethodView

from idem_runtime import money_moving, not_money_moving

from .base import Command, CreateMixin, ReadOnly, Resource

pages = Blueprint("pages", __name__, url_prefix="/wallet")


class Transfers(MethodView):
    def get(self):
        return []

    def post(self):
        return {}, 201


class Deposits(MethodView):
    decorators = []

    @money_moving
    async def post(self):
        return {}, 201


class Withdrawals(CreateMixin, Resource):
    """post is inherited from the project's mixin."""

    def create(self, body):
        return {"withdrawn": body}, 201


class Quiet(Transfers):
    pass


class MarkedAll(CreateMixin, Resource):
    decorators = [money_moving]


class Searches(Resource):
    @not_money_moving(reason="a search with a document as filter")
    def post(self):
        return []


class Statements(ReadOnly):
    pass


class Settle(Command):
    def run(self, **kwargs):
        return {"settled": True}


class Reissue(Command):
    methods = ["POST", "PUT"]

    def dispatch_request(self):
        return {}


class Close(MethodView):
    def create(self):
        return {}

    post = create
    put = create


class Reopen(MethodView):
    if __debug__:
        def post(self):
            return {}
    else:
        def get(self):
            return {}


class Limits(MethodView):
    def get(self):
        return {}

    def put(self):
        return {}


class Parameterised(MethodView):
    def __init__(self, kind, template="wallet.html"):
        self.kind = kind
        self.template = template

    def post(self, wallet_id):
        return {"kind": self.kind, "wallet": wallet_id}


def register(app):
    pages.add_url_rule("/transfers", view_func=Transfers.as_view("transfers"))
    pages.add_url_rule("/withdrawals", view_func=Withdrawals.as_view("withdrawals"))
    pages.add_url_rule("/quiet", view_func=Quiet.as_view(name="quiet"))
    pages.add_url_rule("/marked", view_func=MarkedAll.as_view("marked"))
    pages.add_url_rule("/searches", view_func=Searches.as_view("searches"))
    pages.add_url_rule("/statements", view_func=Statements.as_view("statements"))
    pages.add_url_rule("/settle", view_func=Settle.as_view("settle"))
    pages.add_url_rule("/reissue", "reissue", Reissue.as_view("reissue"))
    close = Close.as_view("close")
    pages.add_url_rule("/close", view_func=close)
    pages.add_url_rule("/shut", endpoint="shut", view_func=close, methods=["POST"])
    pages.add_url_rule("/reopen", view_func=Reopen.as_view("reopen"))
    pages.add_url_rule("/limits", view_func=Limits.as_view("limits"))
    for kind in ("cash", "credit"):
        pages.add_url_rule(
            f"/<int:wallet_id>/{kind}", view_func=Parameterised.as_view(f"parameterised-{kind}", kind)
        )
    pages.add_url_rule("/transfers/read", view_func=OnlyReadThere.as_view("only-read"), methods=["GET"])
    app.register_blueprint(pages)


class OnlyReadThere(MethodView):
    """Its one rule names GET, so post is never reached."""

    def get(self):
        return {}

    def post(self):
        return {}
