from starlette.applications import Starlette
from starlette.routing import Host, Mount, Route, Router

from wallet import handlers, negatives, tables
from wallet.legacy import legacy_app

routes = [
    Route("/wallet", handlers.index),
    Route("/wallet/transfers", handlers.create, methods=["POST"]),
    Route("/wallet/lower", handlers.lower, methods=("get", "post")),
    Route("/wallet/constant", handlers.constant, methods=handlers.METHODS),
    Route("/wallet/keyword", endpoint=handlers.by_keyword, methods={"POST"}),
    Route("/wallet/partial", handlers.partial_handler, methods=["POST"]),
    Route("/wallet/lambda", lambda request: None, methods=["POST"]),
    Route("/wallet/bound", handlers.desk.pay, methods=["POST"]),
    Route("/wallet/bound/read", handlers.desk.show),
    Mount("/v1", routes=[Route("/wallet/mounted", handlers.mounted, methods=["POST"])]),
    Mount("/v2", Router([Route("/wallet/routed", handlers.routed, methods=["POST"])])),
    Mount("/legacy", app=legacy_app),
    Host("rail.bank.example", Router(routes=tables.RAIL)),
    *tables.ROUTES,
]

app = Starlette(routes=routes)
app.add_route("/wallet/added", handlers.added, methods=["POST"])
app.add_route("/wallet/added/read", handlers.added_read)
app.router.add_route("/wallet/router", handlers.on_router, ["POST"])
app.routes.append(Route("/wallet/appended", handlers.appended, methods=["PUT", "POST"]))
tables.install(app)
app.mount("/raw", handlers.raw_asgi)
assert negatives
