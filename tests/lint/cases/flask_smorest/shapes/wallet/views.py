from flask.views import MethodView
from flask_smorest import Blueprint as SmorestBlueprint

from idem_runtime import money_moving


class Blueprint(SmorestBlueprint):
    """Under the framework's own name."""

    def command(self, rule, **options):
        return self.route(rule, methods=["POST"], **options)


money = Blueprint("money", __name__, url_prefix="/wallet")
POST = {"methods": ["POST"]}


@money.command("/transfers")
@money.response(201)
def transfer():
    return {}


@money.route("/deposits", **POST)
@money_moving
def deposit():
    return {}


class Creates:
    def post(self):
        return {}


@money.route("/gifts")
@money.route("/presents")
class Gifts(Creates, MethodView):
    init_every_request = False


@money.route("/holds", methods=["GET"])
class Holds(MethodView):
    """Its one rule names GET."""

    def get(self):
        return []

    def post(self):
        return {}
