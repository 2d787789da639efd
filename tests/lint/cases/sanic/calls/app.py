from functools import partial

from sanic import Sanic

from wallet import handlers
from wallet.handlers import Desk

app = Sanic("calls")
desk = Desk()
app.add_route(handlers.transfer, "/wallet/transfers", methods=["POST"])
app.add_route(handlers.index, "/wallet")
app.add_route(uri="/wallet/keywords", handler=handlers.keywords, methods={"POST", "GET"})
app.add_route(desk.pay, "/wallet/pay", methods=["POST"], name="pay")
app.add_route(lambda request: None, "/wallet/lambda", methods=["POST"], name="lambda")
app.add_route(partial(handlers.by_partial, rail="ach"), "/wallet/partial", methods=["POST"], name="partial")
app.post("/wallet/called")(handlers.called)
for path, handler, methods in handlers.TABLE:
    app.add_route(handler, path, methods=methods)
handlers.setup(app)
