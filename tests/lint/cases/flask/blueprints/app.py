from flask import Flask

from wallet.statements import statements
from wallet.transfers import bp as transfers


def create_app():
    app = Flask(__name__)
    app.register_blueprint(transfers, url_prefix="/wallet")
    app.register_blueprint(statements, url_prefix="/wallet/statements")

    @app.errorhandler(LookupError)
    def missing(error):
        return {"code": "not_found"}, 404

    @app.before_request
    def remember_caller():
        return None

    return app


app = create_app()
