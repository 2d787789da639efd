from litestar import Litestar

from wallet import routes

app = Litestar(route_handlers=[routes.pay, routes.move, routes.command, routes.query, routes.partial_post, routes.sub])
