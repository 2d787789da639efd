import flask


class Application(flask.Flask):
    """The company's Flask: JSON errors, a health page."""

    def __init__(self, name):
        super().__init__(name)
        self.add_url_rule("/health", view_func=self.health)

    def health(self):
        return {"ok": True}
