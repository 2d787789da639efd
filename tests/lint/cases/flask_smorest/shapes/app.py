from flask import Flask
from flask_smorest import Api

from wallet import crud, views

app = Flask(__name__)
app.config.update(API_TITLE="wallet", API_VERSION="v1", OPENAPI_VERSION="3.0.3")
api = Api(app)
for section in (views.money, crud.make("cards"), crud.make("payees")):
    api.register_blueprint(section)
