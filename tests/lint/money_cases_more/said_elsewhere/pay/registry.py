class Registry:
    def __init__(self):
        self._handlers = {}

    def on(self, name):
        def keep(function):
            self._handlers[name] = function
            return function

        return keep

    def add(self, name, function):
        self._handlers[name] = function

    def get(self, name):
        return self._handlers.get(name)


class Listeners:
    def __init__(self):
        self._listeners = []

    def listen(self, function):
        self._listeners.append(function)

    def listen_to(self, place, function):
        self._listeners[place].append(function)


events = Registry()
listeners = Listeners()
