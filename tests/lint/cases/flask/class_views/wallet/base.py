from flask import request
from flask.views import MethodView as HTTPView
from flask.views import View


class CreateMixin:
    """What every resource of the wallet does on POST."""

    def post(self):
        return self.create(request.get_json())

    def create(self, body):
        return body, 201


class Resource(HTTPView):
    init_every_request = False

    def get(self):
        return []


class ReadOnly(Resource):
    methods = ["GET"]

    def post(self):
        """Not reachable: ``methods`` of the class leaves POST out."""
        return {}


class Command(View):
    methods = ["POST"]

    def dispatch_request(self, **kwargs):
        return self.run(**kwargs)

    def run(self, **kwargs):
        raise LookupError(kwargs)
