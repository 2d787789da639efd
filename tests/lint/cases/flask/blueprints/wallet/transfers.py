from flask import Blueprint, jsonify, request

from idem_runtime import money_moving, not_money_moving

from . import ledger
from .security import login_required, scope

bp = Blueprint("transfers", __name__)


@bp.post("/transfers")
def transfer():
    body = request.get_json()
    return jsonify(ledger.post(body["to"], body["amount"])), 201


@bp.post("/deposits")
@money_moving
def deposit():
    return jsonify(ledger.post("cash", request.get_json()["amount"])), 201


@bp.route("/withdrawals", methods=["POST"])
@login_required
@scope("wallet:write")
@money_moving
def withdraw():
    return jsonify(ledger.send("bank", request.get_json()["amount"])), 201


@bp.post("/search")
@not_money_moving(reason="reads the ledger; the filter does not fit in a query string")
@login_required
def search():
    return jsonify([])


@bp.route("/<int:wallet_id>/close", methods=["POST"], strict_slashes=False)
@login_required
@scope("wallet:close", "wallet:write")
def close(wallet_id):
    return {"closed": wallet_id}


@bp.route("/<int:wallet_id>")
def show(wallet_id):
    return {"id": wallet_id}


@bp.get("/<int:wallet_id>/balance")
@login_required
def balance(wallet_id):
    return {"balance": 0}


@bp.put("/<int:wallet_id>/limit")
def limit(wallet_id):
    return {}


@bp.route("/<int:wallet_id>/alias", methods=["GET", "PATCH"])
def alias(wallet_id):
    return {}
