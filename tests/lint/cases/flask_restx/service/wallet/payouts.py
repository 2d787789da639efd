from functools import wraps

from flask_restx import Namespace, Resource

from idem_runtime import money_moving


def audited(view):
    @wraps(view)
    def seen(*args, **kwargs):
        return view(*args, **kwargs)

    return seen


payouts = Namespace("payouts", path="/wallet/payouts", decorators=[audited])


class Batch(Resource):
    method_decorators = [money_moving]

    def post(self):
        return {}, 202


class Creates(Resource):
    def post(self, **where):
        return self.create(where), 201

    def create(self, where):
        return where


class Single(Creates):
    """Everything is inherited."""


@payouts.route("/recurring")
class Recurring(Creates):
    def get(self):
        return []


payouts.add_resource(Batch, "/batch")
payouts.add_resource(Single, "/single", endpoint="single-payout")
