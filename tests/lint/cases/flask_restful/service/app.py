from flask import Flask
from flask_restful import Api

from wallet import blueprint
from wallet.resources import Account, Deposits, Reports, Search, Transfers, Withdrawals

app = Flask(__name__)
api = Api(app, prefix="/wallet")

api.add_resource(Transfers, "/transfers", "/transfers/v2", endpoint="transfers")
api.add_resource(Deposits, "/deposits")
api.add_resource(Withdrawals, "/withdrawals", resource_class_kwargs={"rail": "sepa"})
api.add_resource(Account, "/accounts/<int:account_id>")
api.add_resource(Search, "/search")
api.add_resource(Reports, "/reports", methods=["GET"])
app.register_blueprint(blueprint.bp, url_prefix="/wallet/bp")
