from flask import Blueprint, request

# The name says nothing about what it is.
statements = Blueprint("statements", __name__)
monthly = Blueprint("monthly", __name__)
archive = Blueprint("archive", __name__)


@statements.route("/", methods=["GET", "POST"])
def list_or_request():
    if request.method == "POST":
        return {"requested": True}, 202
    return {"statements": []}


@monthly.post("/")
def order_monthly():
    return {}, 202


@archive.route("/", methods=["DELETE"])
def drop():
    return "", 204


@archive.route("/restore", methods=["POST", "PUT"])
async def restore():
    return {}


monthly.register_blueprint(archive, url_prefix="/archive")
statements.register_blueprint(monthly, url_prefix="/monthly")
