from fastapi import APIRouter, FastAPI, Request

from idem_runtime import money_moving


class Server:
    """Builds the application in the constructor and registers nested handlers on self."""

    def __init__(self, name: str) -> None:
        self.app = FastAPI(title=name)
        self._internal = APIRouter(prefix="/internal")
        self.setup()
        self.app.include_router(self._internal)

    def setup(self) -> None:
        @self.app.post("/wallet/topups")
        async def top_up(request: Request):
            return await request.json()

        @self.app.get("/wallet/topups")
        async def list_top_ups():
            return []

        @self._internal.post("/wallet/settle")
        @money_moving
        async def settle():
            return {}

        app = self.app

        @app.post("/wallet/sweep")
        def sweep():
            return {}
