from flask import Flask

from wallet.extension import wallet
from wallet.plugins import PLUGINS

app = Flask(__name__)
wallet.init_app(app)
for plugin in PLUGINS:
    plugin().init_app(app)
