from flask import Flask

from wallet import api

app = Flask(__name__)
api.init_app(app)
