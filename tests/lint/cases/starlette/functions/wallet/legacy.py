from starlette.applications import Starlette
from starlette.responses import PlainTextResponse

legacy_app = Starlette()


async def settle(request): return PlainTextResponse("settled")


legacy_app.add_route("/wallet/settle", settle, methods=["POST"])
