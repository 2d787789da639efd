from quart import Quart

from wallet import accounts, rails
from wallet.sockets import sockets


def create_app() -> Quart:
    app = Quart(__name__)
    app.register_blueprint(accounts.bp, url_prefix="/wallet")
    app.register_blueprint(sockets)
    rails.install(app)

    @app.before_serving
    async def open_pool():
        app.pool = object()

    return app


app = create_app()
