class Listener:
    """An event listener: its method's name is a coincidence, and no route holds it."""

    def on_post(self, entry, *, when): return entry


class Ledger:
    def post(self, entry): return entry


listener = Listener()
listener.on_post({}, when="now")
