from flask import Blueprint

from idem_runtime import money_moving


def add_routes(server):
    """Everything is nested: no name of a handler is visible outside."""

    @server.post("/wallet/transfers")
    def transfer():
        return {}

    @server.route("/wallet/deposits", methods=["POST"])
    @money_moving
    def deposit():
        return {}

    @server.get("/wallet/rates")
    def rates():
        return {}

    def internal():
        return {}

    internal()


def make_blueprint(currency, *, writable=True):
    it = Blueprint(f"wallet_{currency}", __name__, url_prefix=f"/wallet/{currency}")

    @it.get("/")
    def index():
        return {"currency": currency}

    if writable:

        @it.route("/convert", methods=["POST"])
        def convert():
            return {"currency": currency}

        try:
            import fast_exchange  # noqa: F401
        except ImportError:

            @it.post("/exchange")
            def exchange():
                return {"slow": True}

        else:

            @it.get("/exchange")
            def exchange():
                return {"slow": False}

    with open(__file__) as source:
        size = len(source.read())

        @it.post("/audit")
        def audit():
            return {"size": size}

    return it
