from quart import Blueprint, websocket

sockets = Blueprint("sockets", __name__)


@sockets.websocket("/wallet/live")
async def live():
    await websocket.send("balance")


async def ticker():
    await websocket.send("rate")


sockets.add_websocket("/wallet/ticker", view_func=ticker)
