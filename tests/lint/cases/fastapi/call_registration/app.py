from fastapi import FastAPI

from wallet import handlers, objects
from wallet.routing import build, extra_routes

app = FastAPI(routes=extra_routes)
app.include_router(build())
app.add_api_route("/wallet/direct", handlers.direct, methods=["POST"])
app.add_api_route("/wallet/direct/read", handlers.read_only)
app.post("/wallet/called")(handlers.called)
app.router.add_api_route("/wallet/on-router", handlers.on_router, methods=["POST"])
app.router.add_route("/wallet/starlette", handlers.starlette_style, methods=["POST"])
app.add_route("/wallet/starlette-app", handlers.starlette_style_app, ["GET", "POST"])
app.add_api_route(methods=["POST"], endpoint=objects.service.transfer, path="/wallet/keywords")
app.add_api_route("/wallet/object", objects.Callable(), methods=["POST"])
app.add_api_route("/wallet/class-method", objects.Service.audit, methods=["POST"])
app.add_api_route("/wallet/static-method", objects.Service.check, methods=["POST"])
