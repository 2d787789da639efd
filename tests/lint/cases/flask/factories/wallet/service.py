from flask import request

from idem_runtime import money_moving, not_money_moving


class WalletService:
    """Handlers are bound methods; the application is an attribute."""

    prefix = "/wallet/service"

    def __init__(self, app):
        self.app = app
        self.booked = []

    def setup(self):
        self.app.add_url_rule(f"{self.prefix}/book", view_func=self.book, methods=["POST"])
        self.app.add_url_rule(self.prefix + "/undo", "undo", self.undo, methods=["POST", "DELETE"])
        self.app.add_url_rule(self.prefix, view_func=self.read)
        self.app.route(self.prefix + "/preview", methods=["POST"])(self.preview)
        self.app.post(self.prefix + "/fees")(WalletService.fees)
        self.app.post(self.prefix + "/taxes")(self.taxes)

        @self.app.post("/wallet/service/nested")
        def nested():
            return {"lines": len(self.booked)}

    def book(self):
        self.booked.append(request.get_json())
        return {}, 201

    @money_moving
    def undo(self):
        return {}

    def read(self):
        return self.booked

    @not_money_moving(reason="computes, books nothing")
    def preview(self):
        return {}

    @staticmethod
    def fees():
        return {}

    @classmethod
    def taxes(cls):
        return {"prefix": cls.prefix}

    def post(self):
        """No handler: nobody registers it."""
        return None


class Operations:
    def __init__(self, app):
        self._app = app
        self._register()

    def _register(self):
        app = self._app
        for name in ("freeze", "thaw"):
            app.add_url_rule(f"/wallet/ops/{name}", view_func=getattr(self, name), methods=["POST"])

    def freeze(self):
        return {}

    def thaw(self):
        return {}
