import falcon

from wallet import module_resource, resources, stubs
from wallet.routes import ROUTES, install

app = falcon.App()
app.add_route("/wallet", resources.Wallet())
app.add_route("/wallet/reads", resources.Reads())
transfers = resources.Transfers(store={})
app.add_route("/wallet/transfers", transfers)
app.add_route("/wallet/transfers/bulk", transfers, suffix="bulk")
app.add_route("/wallet/transfers/search", transfers, suffix="search")
app.add_route("/wallet/inherits", resources.Inherits())
app.add_route("/wallet/module", module_resource)
app.add_route(uri_template="/wallet/keywords", resource=resources.Keywords())
app.add_route("/wallet/hooked", resources.Hooked())
for path, resource in ROUTES:
    app.add_route(path, resource)
install(app)
assert stubs
