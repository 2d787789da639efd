from functools import partial

from idem_runtime import money_moving

from . import views

TABLE = [("one", "POST", views.tabled), ("two", "GET", views.tabled_read)]


def includeme(config):
    for name in ("named", "relative", "everything", "decorated", "desk", "teller", "bound", "lambda", "partial"):
        config.add_route(name, f"/wallet/{name}")
    config.add_view("wallet.views.by_name", route_name="named", request_method="POST", renderer="json")
    config.add_view(".views.relative", route_name="relative", request_method=["POST"], renderer="json")
    config.add_view(view=views.everything, route_name="everything", renderer="json")
    config.add_view(
        views.decorated, route_name="decorated", request_method="POST", decorator=(money_moving,), renderer="json"
    )
    config.add_view(views.Desk, attr="open", route_name="desk", request_method="POST", renderer="json")
    config.add_view(views.Desk, attr="close", route_name="desk", request_method="DELETE", renderer="json")
    config.add_view(views.Desk, attr="show", route_name="desk", request_method="GET", renderer="json")
    config.add_view(views.Teller(), route_name="teller", request_method="POST", renderer="json")
    config.add_view(views.Teller().bound, route_name="bound", request_method="POST", renderer="json")
    config.add_view(lambda request: {}, route_name="lambda", request_method="POST", renderer="json")
    config.add_view(partial(settle, "eur"), route_name="partial", request_method="POST", renderer="json")
    for name, verb, view in TABLE:
        config.add_route(name, f"/wallet/{name}")
        config.add_view(view, route_name=name, request_method=verb, renderer="json")


def settle(currency, context, request):
    return {"currency": currency}
