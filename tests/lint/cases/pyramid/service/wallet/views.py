from pyramid.config import not_
from pyramid.httpexceptions import HTTPFound
from pyramid.view import exception_view_config, forbidden_view_config, notfound_view_config, view_config
from pyramid.view import view_config as page

from idem_runtime import money_moving, not_money_moving

WRITE = "POST"


@view_config(route_name="transfers", request_method="POST", renderer="json")
def transfer(request):
    return request.json_body


@view_config(route_name="transfers", request_method="GET", renderer="json")
def transfers(request):
    return []


@page(route_name="deposits", request_method=("GET", "POST"), renderer="json")
@money_moving
def deposit(context, request):
    return {}


@view_config(route_name="search", request_method=WRITE, renderer="json")
@not_money_moving(reason="reads only")
def search(context, request):
    return []


@view_config(route_name="any", renderer="json")
def any_method(request):
    if request.method == "POST":
        return {"booked": True}
    return {}


@view_config(route_name="command", renderer="json")
def restricted_by_its_route(request):
    return {}


@view_config(route_name="page", renderer="json")
def never_posted(request):
    return {}


@view_config(route_name="negated", request_method=not_("GET"), renderer="json")
def everything_but_get(request):
    return {}


@view_config(route_name="stacked", request_method="PUT", renderer="json")
@view_config(route_name="stacked", request_method="POST", renderer="json")
def stacked(request):
    return {}


@view_config(context=dict, name="traversed", request_method="POST")
def traversed(context, request):
    return HTTPFound("/")


@notfound_view_config()
def missing(request):
    return HTTPFound("/")


@forbidden_view_config(renderer="json")
def forbidden(request):
    return {}


@exception_view_config(LookupError, renderer="json")
def failed(error, request):
    return {}
