"""Stand-ins for the partner in tests."""

from http.server import BaseHTTPRequestHandler
from unittest import mock

from .rails import Rail


class Stub:
    def __init__(self):
        self.answers = {}

    def post(self, path, **options):
        self.answers[path] = options
        return lambda function: function


partner = Stub()


@partner.post("/payouts", status=201)
def answer():
    return {}


@mock.patch.object(Rail, "post")
def check_rail(post):
    post("/payouts")
    post.assert_called_once_with("/payouts")


def fake_app():
    app = mock.Mock()
    app.post("/wallet/fake")(lambda: {})
    app.add_url_rule("/wallet/fake", view_func=answer, methods=["POST"])
    return app


class Recorder(BaseHTTPRequestHandler):
    def log_message(self, format, *args):
        return None
