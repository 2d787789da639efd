from sanic import Sanic

from wallet import views
from wallet.web import bp

app = Sanic("views")
app.add_route(views.Wallet.as_view(), "/wallet")
app.add_route(views.Reads.as_view(), "/wallet/reads")
app.add_route(views.Inherits.as_view(), "/wallet/inherits")
app.add_route(views.Decorated.as_view(), "/wallet/decorated")
app.add_route(views.WithArguments.as_view(3), "/wallet/arguments")
views.Attached.attach(app, "/wallet/attached")
app.blueprint(bp)
