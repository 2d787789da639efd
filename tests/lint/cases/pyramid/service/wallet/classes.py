from pyramid.view import view_config, view_defaults

from idem_runtime import money_moving


@view_defaults(route_name="cards", renderer="json")
class Cards:
    def __init__(self, request):
        self.request = request

    @view_config(request_method="GET")
    def read(self):
        return []

    @view_config(request_method="POST")
    @money_moving
    def create(self):
        return {}

    @view_config(request_method="DELETE")
    def remove(self):
        return {}


@view_defaults(route_name="limits", request_method="POST", renderer="json")
class Limits:
    def __init__(self, request):
        self.request = request

    @view_config(request_param="op=raise")
    def lift(self):
        return {}

    @view_config(request_method="GET")
    def show(self):
        return {}

    def post(self):
        """No view."""
        return {}


@view_config(route_name="accounts", request_method="POST", attr="close", renderer="json")
@view_config(route_name="accounts", request_method="GET", attr="show", renderer="json")
class Account:
    def __init__(self, context, request):
        self.request = request

    def show(self):
        return {}

    def close(self):
        return {}


@view_config(route_name="called", request_method="POST", renderer="json")
class Called:
    def __init__(self, request):
        self.request = request

    def __call__(self):
        return {}


class Base:
    def __init__(self, request):
        self.request = request

    def post(self):
        return {}


@view_config(route_name="inherited", request_method="POST", attr="post", renderer="json")
class Inherited(Base):
    pass
