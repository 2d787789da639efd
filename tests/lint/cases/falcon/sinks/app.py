import falcon.asgi

from wallet import handlers

app = falcon.asgi.App()
app.add_sink(handlers.proxy, "/wallet/proxy")
app.add_sink(prefix="/wallet/bound", sink=handlers.Gateway().forward)
app.add_route("/wallet/async", handlers.AsyncWallet())
app.add_error_handler(KeyError, handlers.missing)
app.router_options.default_to_on_request = True
app.add_route("/wallet/fallback", handlers.Fallback())
app.add_route("/wallet/partly-fallback", handlers.PartlyFallback())
