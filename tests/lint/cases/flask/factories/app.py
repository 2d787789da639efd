from flask import Flask

from wallet.build import add_routes, make_blueprint
from wallet.service import Operations, WalletService


def create_app(config=None):
    app = Flask(__name__)
    app.config.from_mapping(config or {})
    add_routes(app)
    app.register_blueprint(make_blueprint("eur"))
    WalletService(app).setup()
    Operations(app)

    from wallet.lazily import lazily

    app.register_blueprint(lazily)
    return app


app = create_app()
