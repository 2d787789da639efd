"""The pattern of Flask's own documentation: one pair of views for every model."""

from flask import jsonify, request
from flask.views import MethodView

ACCOUNTS = {1: {"owner": "ada"}}


class ItemAPI(MethodView):
    init_every_request = False

    def __init__(self, model):
        self.model = model

    def get(self, id):
        return jsonify(self.model[id])

    def patch(self, id):
        return jsonify(self.model[id])

    def delete(self, id):
        return "", 204


class GroupAPI(MethodView):
    init_every_request = False

    def __init__(self, model):
        self.model = model

    def get(self):
        return jsonify(list(self.model))

    def post(self):
        key = max(self.model) + 1
        self.model[key] = request.get_json()
        return jsonify(key)


def register_api(app, model, name):
    item = ItemAPI.as_view(f"{name}-item", model)
    group = GroupAPI.as_view(f"{name}-group", model)
    app.add_url_rule(f"/wallet/{name}/<int:id>", view_func=item)
    app.add_url_rule(f"/wallet/{name}/", view_func=group)
