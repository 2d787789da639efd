from flask.views import MethodView
from flask_smorest import Blueprint

from idem_runtime import money_moving, not_money_moving

from .schemas import Transfer

blp = Blueprint("wallet", __name__, url_prefix="/wallet", description="money")
nested = Blueprint("nested", __name__, url_prefix="/nested")


@blp.route("/transfers")
class Transfers(MethodView):
    @blp.response(200, Transfer(many=True))
    def get(self):
        return []

    @blp.arguments(Transfer)
    @blp.response(201, Transfer)
    def post(self, body):
        return body


@blp.route("/deposits")
@blp.etag
class Deposits(MethodView):
    @blp.arguments(Transfer, location="json")
    @money_moving
    def post(self, body):
        return body


@blp.route("/search")
class Search(MethodView):
    @blp.arguments(Transfer, location="query")
    @not_money_moving(reason="reads only")
    def post(self, query):
        return []


class Base(MethodView):
    def post(self):
        return {}


@blp.route("/withdrawals")
class Withdrawals(Base):
    pass


@blp.route("/limits/<string:name>")
class Limits(MethodView):
    def get(self, name):
        return {}

    def put(self, name):
        return {}


class Payouts(MethodView):
    decorators = [money_moving]

    def post(self):
        return {}


class Refunds(MethodView):
    def post(self):
        return {}


# smorest takes the class itself where Flask wants as_view().
blp.add_url_rule("/payouts", view_func=Payouts)
nested.add_url_rule("/refunds", "refunds", Refunds)
blp.register_blueprint(nested)
