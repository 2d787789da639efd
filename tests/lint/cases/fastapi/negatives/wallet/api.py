from fastapi import APIRouter, WebSocket

from . import clients
from .events import bus

router = APIRouter(prefix="/wallet")


@router.post("/only")
async def only(payload: dict):
    """The one POST handler of this case."""
    bus.post("wallet.only", payload)
    return clients.forward(payload)


@router.get("/")
async def index():
    return clients.post("/ledger/search", {"wallet": 1})


@router.head("/")
async def probe(): return None


@router.options("/")
async def choices(): return {}


@router.trace("/")
async def trace(): return {}


@router.websocket("/stream")
async def stream(socket: WebSocket): await socket.accept()


@router.put("/limit")
async def limit(): return {}


async def post(entry: dict):
    """Posts to the ledger; called by others, registered nowhere."""
    return entry


async def create(entry: dict):
    return await post(entry)
