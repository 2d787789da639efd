import requests
from flask_restful import Resource, marshal_with, reqparse

from idem_runtime import money_moving, not_money_moving

parser = reqparse.RequestParser()
parser.add_argument("amount", type=int)


def authenticate(method):
    def checked(*args, **kwargs):
        return method(*args, **kwargs)

    return checked


class Transfers(Resource):
    method_decorators = [authenticate]

    def get(self):
        return []

    @marshal_with({})
    def post(self):
        return parser.parse_args(), 201


class Deposits(Resource):
    @money_moving
    @marshal_with({})
    def post(self):
        return {}, 201


class Withdrawals(Resource):
    method_decorators = {"post": [money_moving, authenticate]}

    def __init__(self, rail):
        self.rail = rail

    def post(self):
        return {"rail": self.rail}, 201


class Account(Resource):
    def get(self, account_id):
        return {"id": account_id}

    def put(self, account_id):
        return {}

    def delete(self, account_id):
        return "", 204


class Search(Resource):
    @not_money_moving(reason="a search with a document as filter")
    def post(self):
        return []


class Reports(Resource):
    """Registered for GET alone."""

    def get(self):
        return []

    def post(self):
        return []


class Rail:
    def post(self, payload):
        return requests.post("https://rail.example", json=payload, timeout=3)
