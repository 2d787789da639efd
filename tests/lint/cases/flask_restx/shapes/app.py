from flask import Blueprint, Flask
from flask_restx import Api

from wallet.views import Refunds, TABLE, admin, register

bp = Blueprint("api", __name__, url_prefix="/v1")
api = Api(bp)
api.add_namespace(admin)


@api.route("/wallet/direct")
class Direct(Refunds):
    def post(self):
        return {"direct": True}


@api.route("/wallet/read")
class Read(Refunds):
    post = None
    methods = ["GET"]

    def get(self):
        return {}


for path, resource in TABLE:
    api.add_resource(resource, path, endpoint=resource.__name__ + path.replace("/", "-"))

register(api)
app = Flask(__name__)
app.register_blueprint(bp)


@app.post("/wallet/plain")
def plain():
    return {}
