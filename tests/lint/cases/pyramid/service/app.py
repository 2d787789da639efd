from pyramid.config import Configurator


def main(global_config=None, **settings):
    with Configurator(settings=settings) as config:
        config.add_route("transfers", "/wallet/transfers")
        config.add_route("deposits", "/wallet/deposits")
        config.add_route("accounts", "/wallet/accounts/{id}")
        config.add_route("command", "/wallet/command", request_method="POST")
        config.add_route("page", "/wallet/page", request_method=("GET", "PUT"))
        for name in ("cards", "limits", "search", "stacked", "any", "negated", "inherited", "called"):
            config.add_route(name, f"/wallet/{name}")
        config.add_static_view("static", "wallet:static")
        config.scan("wallet")
        return config.make_wsgi_app()


app = main()
