from types import SimpleNamespace

import flask

HOLDER = SimpleNamespace(section=flask.Blueprint("typed", __name__))
