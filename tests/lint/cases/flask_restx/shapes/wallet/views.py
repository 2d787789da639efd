import flask_restx
from flask_restx import Resource as R

admin = flask_restx.Namespace("admin", path="/wallet/admin")
route = admin.route


class Refunds(R):
    def post(self):
        return {}


class Fees(flask_restx.Resource):
    def put(self):
        return {}

    def post(self):
        return {}


class Rates(R):
    def get(self):
        return {}


TABLE = (("/wallet/refunds", Refunds), ("/wallet/fees", Fees), ("/wallet/rates", Rates))


@route("/adjust")
class Adjust(R):
    async_safe = False

    if True:
        def post(self):
            return {}


@admin.route("/both")
@admin.route("/again")
class Twice(R):
    def post(self):
        return {}


def money_route(*urls):
    def decorate(cls):
        return admin.route(*urls)(cls)

    return decorate


@money_route("/composed")
class Composed(R):
    def post(self):
        return {}


def register(api):
    ns = api.namespace("late", path="/wallet/late")

    @ns.route("/nested")
    class Nested(R):
        def post(self):
            return {}

    return ns
