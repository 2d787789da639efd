from aiohttp import web

from wallet.handlers import Payments, closed, index, opened
from wallet.setup import cors, make_sub, setup


def create_app() -> web.Application:
    application = web.Application()
    payments = Payments(rail="ach")
    application.add_routes(
        [
            web.get("/wallet", index),
            web.post("/wallet/open", opened),
            web.route("POST", "/wallet/close", closed),
            web.post("/wallet/pay", payments.pay),
            web.get("/wallet/pay", payments.show),
        ]
    )
    payments.register(application)
    setup(application)
    application.add_subapp("/sub", make_sub())
    cors(application.router)
    return application


app = create_app()
