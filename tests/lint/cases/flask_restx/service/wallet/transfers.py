from flask_restx import Namespace, Resource, fields

from idem_runtime import money_moving, not_money_moving

ns = Namespace("transfers", description="money out")
transfer = ns.model("Transfer", {"amount": fields.Integer(required=True)})


@ns.route("/transfers")
class Transfers(Resource):
    @ns.doc("list_transfers")
    def get(self):
        return []

    @ns.expect(transfer, validate=True)
    @ns.marshal_with(transfer, code=201)
    def post(self):
        return ns.payload, 201


@ns.route("/deposits", "/deposits/<string:currency>")
@ns.response(409, "used twice")
class Deposits(Resource):
    @ns.doc(security="token")
    @money_moving
    @ns.expect(transfer)
    def post(self, currency="eur"):
        return {"currency": currency}, 201


@ns.route("/search", doc=False)
class Search(Resource):
    @ns.hide
    @not_money_moving(reason="reads only")
    def post(self):
        return []


@ns.route("/limits")
@ns.param("scope", "which limit")
class Limits(Resource):
    def get(self):
        return {}

    def patch(self):
        return {}


@ns.errorhandler(LookupError)
def missing(error):
    return {"message": "not found"}, 404
