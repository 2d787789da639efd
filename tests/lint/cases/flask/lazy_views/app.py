from flask import Flask

from wallet import lazy

app = Flask(__name__)
lazy.init_app(app)
