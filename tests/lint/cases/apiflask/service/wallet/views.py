from apiflask import APIBlueprint, HTTPTokenAuth, Schema
from apiflask.fields import Integer
from apiflask.views import MethodView

from idem_runtime import money_moving, not_money_moving

bp = APIBlueprint("wallet", __name__, url_prefix="/wallet")
auth = HTTPTokenAuth()


class Transfer(Schema):
    amount = Integer(required=True)


@auth.verify_token
def verify(token):
    return {"token": token}


@bp.post("/transfers")
@bp.input(Transfer, location="json")
@bp.output(Transfer, status_code=201)
def transfer(json_data):
    return json_data


@bp.post("/deposits")
@bp.auth_required(auth)
@bp.input(Transfer, arg_name="body")
@bp.output(Transfer)
@bp.doc(summary="puts money in")
@money_moving
def deposit(body):
    return body


@bp.route("/withdrawals", methods=["POST"])
@bp.doc(tags=["out"])
async def withdraw():
    return {}


@bp.post("/search")
@not_money_moving(reason="reads only")
@bp.output(Transfer(many=True))
def search():
    return []


@bp.get("/rates")
@bp.output(Transfer)
def rates():
    return {}


@bp.put("/limits")
@bp.input(Transfer)
def limits(json_data):
    return json_data


class Cards(MethodView):
    @bp.output(Transfer)
    def get(self):
        return {}

    @bp.input(Transfer)
    @money_moving
    def post(self, json_data):
        return json_data


class Base(MethodView):
    @bp.input(Transfer)
    def post(self, json_data):
        return json_data


class Gifts(Base):
    pass


bp.add_url_rule("/cards", view_func=Cards.as_view("cards"))
bp.add_url_rule("/gifts", view_func=Gifts.as_view("gifts"))
