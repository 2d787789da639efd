from chalice import Blueprint

from idem_runtime import money_moving, not_money_moving

transfers = Blueprint(__name__)
WRITE = ("POST",)


@transfers.route("/transfers", methods=["POST"], content_types=["application/json"])
def transfer():
    return {}


@transfers.route("/transfers", methods=["GET"])
def history():
    return []


@transfers.route("/deposits", methods=WRITE, api_key_required=True)
@money_moving
def deposit():
    return {}


@transfers.route("/search", methods=["POST"])
@not_money_moving(reason="reads only")
def search():
    return []


@transfers.route("/accounts/{account_id}", methods=["PUT", "POST"])
def account(account_id):
    return {}


@transfers.route("/a", methods=["POST"])
@transfers.route("/b", name="b")
def stacked():
    return {}


@transfers.middleware("http")
def measured(event, get_response):
    return get_response(event)
