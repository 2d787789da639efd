class Desk:
    """Methods are registered by a naming scheme, as in many small services."""

    def __init__(self, app):
        self.app = app
        self._route()

    def _route(self):
        self.app.route("/wallet/desk/open", method="POST", callback=self.open)
        self.app.post("/wallet/desk/close")(self.close)
        self.app.route("/wallet/desk", callback=self.show)

    def open(self):
        return {}

    def close(self):
        return {}

    def show(self):
        return {}

    def post(self):
        return {}
