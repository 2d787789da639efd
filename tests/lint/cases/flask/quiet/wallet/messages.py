class MessageRouter:
    """Routes messages of a queue; the words are those of a web framework."""

    def __init__(self):
        self.handlers = {}

    def route(self, subject, methods=("POST",)):
        def decorate(handler):
            self.handlers[subject] = handler
            return handler

        return decorate

    def post(self, subject):
        return self.route(subject)

    def add_url_rule(self, subject, view_func=None, methods=()):
        self.handlers[subject] = view_func

    def deliver(self, subject, message):
        return self.handlers[subject](message)


messages = MessageRouter()
app = router = bp = messages


@messages.post("settled")
def on_settled(message):
    return message


@router.route("reversed", methods=["POST"])
def on_reversed(message):
    return message


@app.post("refused")
def on_refused(message):
    return message


def on_late(message):
    return message


bp.add_url_rule("late", view_func=on_late, methods=["POST"])
