class EventBus:
    """Speaks of posting and of routes, and has nothing to do with HTTP."""

    def __init__(self):
        self.listeners = {}

    def post(self, event):
        def decorate(listener):
            self.listeners.setdefault(event, []).append(listener)
            return listener

        return decorate

    def route(self, event, methods=()):
        return self.post(event)

    def fire(self, event, payload):
        for listener in self.listeners.get(event, []):
            listener(payload)
