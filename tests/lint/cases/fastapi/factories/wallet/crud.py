from fastapi import APIRouter


def crud_router(name: str) -> APIRouter:
    """One closure per verb, for every resource."""
    router = APIRouter(prefix=f"/{name}")

    @router.get("")
    def read_all():
        return []

    @router.post("")
    def create(body: dict):
        return {name: body}

    return router
