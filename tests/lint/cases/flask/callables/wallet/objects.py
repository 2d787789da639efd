class Settlement:
    """A view that is an object with a state."""

    def __init__(self, currency):
        self.currency = currency
        self.__name__ = f"settle_{currency}"

    def __call__(self):
        return {"currency": self.currency}


class Report:
    methods = ["GET"]
    __name__ = "report"

    def __call__(self):
        return {}


class Command:
    methods = ["POST"]
    __name__ = "command"

    def __call__(self):
        return {}


def reverse():
    return {}


def refuse():
    return {}


def history():
    return {}


reverse.methods = ["POST"]
refuse.required_methods = {"POST"}
history.methods = {"GET"}


def install(app):
    app.add_url_rule("/wallet/settle-eur", view_func=Settlement("eur"), methods=["POST"])
    app.add_url_rule("/wallet/report", view_func=Report())
    app.add_url_rule("/wallet/command", view_func=Command())
    app.add_url_rule("/wallet/reverse", view_func=reverse)
    app.add_url_rule("/wallet/refuse", view_func=refuse)
    app.add_url_rule("/wallet/history", view_func=history)
