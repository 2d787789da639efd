from flask import Flask

from wallet import views  # noqa: F401
from wallet.registry import Endpoint, bp, mount_controllers

app = Flask(__name__)
mount_controllers(app)
app.register_blueprint(bp)
