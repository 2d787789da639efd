import flask_smorest as smorest

from idem_runtime import money_moving

from .schemas import Transfer

functions = smorest.Blueprint("functions", __name__)
WRITE = ["POST"]


@functions.route("/transfers", methods=["POST"])
@functions.arguments(Transfer)
@functions.response(201, Transfer)
@money_moving
def transfer(body):
    return body


@functions.route("/fees", methods=WRITE)
@functions.doc(summary="books a fee")
def fee():
    return {}


@functions.route("/rates")
@functions.response(200, Transfer)
def rates():
    return {}


@functions.post("/adjustments")
@functions.alt_response(409, schema=Transfer)
def adjust():
    return {}


@functions.route("/pages", methods=["GET", "POST"])
@functions.paginate()
def pages(pagination_parameters):
    return []


def late():
    return {}


functions.add_url_rule("/late", view_func=late, methods=["POST"], tags=["late"])
functions.route("/called", endpoint="called", methods=["POST"])(late)
