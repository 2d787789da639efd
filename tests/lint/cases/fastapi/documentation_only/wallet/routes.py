from fastapi import APIRouter

router = APIRouter(prefix="/wallet")
callbacks = APIRouter()


@callbacks.post("{$callback_url}/transfers/{$request.body.id}")
def transfer_done(body: dict):
    """The partner's side: documentation in the OpenAPI page, not a route."""


@router.post("/transfers", callbacks=callbacks.routes)
async def transfer(callback_url: str): return {}
