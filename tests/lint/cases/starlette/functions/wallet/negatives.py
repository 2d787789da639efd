from starlette.testclient import TestClient


class Map:
    """A street map: its routes are roads."""

    def __init__(self):
        self.routes = []

    def add_route(self, start, end, methods=()): self.routes.append((start, end))


def drive(): return None


Map().add_route("/wallet/street", drive, methods=["POST"])


def smoke(app): return TestClient(app).post("/wallet/transfers", json={})
