from flask import Blueprint

from idem_runtime import money_moving


class Wallet:
    """A Flask extension: the blueprint is an attribute, its handlers are methods and closures."""

    def __init__(self, app=None):
        self.blueprint = Blueprint("wallet", __name__, url_prefix="/wallet")
        self.blueprint.add_url_rule("/book", "book", self.book, methods=["POST"])
        self.blueprint.record_once(self._late)

        @self.blueprint.post("/inside")
        def inside():
            return {}

        if app is not None:
            self.init_app(app)

    def init_app(self, app):
        app.extensions["wallet"] = self
        app.register_blueprint(self.blueprint)

        @app.get("/wallet/state")
        def state():
            return {}

    def _late(self, state):
        state.add_url_rule("/late", view_func=self.late, methods=["POST"])

    @money_moving
    def book(self):
        return {}

    def late(self):
        return {}

    @property
    def post(self):
        return self.blueprint.post


wallet = Wallet()


@wallet.blueprint.post("/outside")
def outside():
    return {}


@wallet.post("/property")
def by_property():
    return {}
