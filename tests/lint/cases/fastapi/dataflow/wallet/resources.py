from fastapi import APIRouter


class Resource:
    """Registers what its subclasses list."""

    path = ""
    routes: tuple[tuple[str, str], ...] = ()

    def __init__(self) -> None:
        self.router = APIRouter(prefix=self.path)
        for verb, name in self.routes:
            self.router.add_api_route(f"/{name}", getattr(self, name), methods=[verb])


class Loans(Resource):
    path = "/loans"
    routes = (("POST", "disburse"), ("GET", "schedule"), ("POST", "repay"))

    async def disburse(self): return {}

    async def repay(self): return {}

    async def schedule(self): return []

    async def helper(self): return None
