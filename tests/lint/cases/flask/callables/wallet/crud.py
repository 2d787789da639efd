"""One closure serves POST for every resource; two of them move money."""

from flask import Blueprint, request

from idem_runtime import not_money_moving

STORE = {}


def make_create(resource):
    def create():
        STORE.setdefault(resource, []).append(request.get_json())
        return {}, 201

    return create


def make_list(resource):
    def index():
        return STORE.get(resource, [])

    return index


def make_search(resource):
    @not_money_moving(reason="filters a list")
    def search():
        return STORE.get(resource, [])

    search.__name__ = f"search_{resource}"
    return search


def install(app):
    for resource in ("payees", "cards", "transfers", "deposits"):
        bp = Blueprint(resource, __name__, url_prefix=f"/wallet/{resource}")
        bp.add_url_rule("/", "create", make_create(resource), methods=["POST"])
        bp.add_url_rule("/", "index", make_list(resource))
        bp.route("/search", methods=["POST"])(make_search(resource))
        app.register_blueprint(bp)
