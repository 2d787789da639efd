from starlette.applications import Starlette
from starlette.routing import Mount, Route

from wallet import views

app = Starlette(
    routes=[
        Route("/wallet", views.Wallet),
        Route("/wallet/reads", views.Reads),
        Route("/wallet/inherits", views.Inherits),
        Route("/wallet/overrides", views.Overrides),
        Route("/wallet/restricted", views.Restricted, methods=["GET"]),
        Route("/wallet/aliased", endpoint=views.Aliased),
        Route("/wallet/dispatch", views.Dispatches),
        Route("/wallet/callable", views.CallableApp()),
        Route("/wallet/callable-post", views.PostOnlyApp(), methods=["POST"]),
        Mount("/wallet/sub", routes=[Route("/", views.make("eur"))]),
    ]
)
app.add_route("/wallet/added", views.Added)
