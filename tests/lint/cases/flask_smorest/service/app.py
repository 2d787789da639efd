from flask import Flask
from flask_smorest import Api

from wallet.functions import functions
from wallet.views import blp

app = Flask(__name__)
app.config.update(API_TITLE="wallet", API_VERSION="v1", OPENAPI_VERSION="3.0.3")
api = Api(app)
api.register_blueprint(blp)
api.register_blueprint(functions, url_prefix="/wallet/fn")
