from flask import Flask

from wallet import build, cash, cards, patched

app = Flask(__name__)
build.add_routes(app)
patched.install(app)
