from idem_runtime import money_moving

from . import views
from .views import deposit as put_money_in
from .views import history, shared

METHODS = ["POST"]


def register(application):
    application.add_url_rule("/wallet/transfers", view_func=views.transfer, methods=["POST"])
    application.add_url_rule(
        "/wallet/deposits",
        endpoint="deposits",
        view_func=put_money_in,
        methods=METHODS,
        provide_automatic_options=False,
    )
    rule = application.add_url_rule
    rule("/wallet/withdrawals", view_func=money_moving(views.withdraw), methods=("POST",))
    rule("/wallet/search", "search", views.search, methods=["post"])
    rule("/wallet/history", view_func=history)
    rule("/wallet/shared", "shared.read", shared)
    rule("/wallet/shared", "shared.create", shared, methods=["POST"])
