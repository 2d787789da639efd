from pyramid.config import Configurator

from wallet.views import book, lookup


def build():
    config = Configurator()
    config.include("wallet.routes")
    config.include("wallet.directives", route_prefix="wallet/directives")
    config.add_route("book", "/wallet/book")
    config.add_view(book, route_name="book", request_method="POST", renderer="json")
    config.add_view(lookup, route_name="book", request_method="GET", renderer="json")
    config.scan("wallet.decorated")
    return config.make_wsgi_app()


app = build()
