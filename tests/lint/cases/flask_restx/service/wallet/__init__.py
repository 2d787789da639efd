from flask_restx import Api

from .payouts import payouts
from .transfers import ns as transfers

api = Api(title="wallet", doc="/docs")
api.add_namespace(transfers, path="/wallet")
api.add_namespace(payouts)
