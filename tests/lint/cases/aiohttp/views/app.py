from aiohttp import web

from wallet import views

app = web.Application()
app.router.add_view("/wallet", views.Wallet)
app.router.add_view("/wallet/reads", views.Reads)
app.add_routes([web.view("/wallet/inherits", views.Inherits), web.view("/wallet/mixed", views.Mixed)])
app.router.add_route("*", "/wallet/star", views.Star)
app.router.add_route("POST", "/wallet/post-only", views.PostOnly)
app.router.add_route("GET", "/wallet/get-only", views.GetOnly)
app.router.add_post("/wallet/add-post", views.AddPost)
for path, view in views.TABLE.items():
    app.router.add_view(path, view)
