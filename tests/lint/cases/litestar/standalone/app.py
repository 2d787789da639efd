from litestar import Litestar, Router

from wallet import handlers, tables
from wallet.factory import build

v1 = Router(path="/v1", route_handlers=[handlers.transfer, handlers.aliased, handlers.both])
app = Litestar(
    route_handlers=[
        v1,
        handlers.module_attribute,
        handlers.by_route,
        handlers.by_route_lower,
        handlers.several,
        handlers.by_class,
        handlers.by_constant,
        handlers.index,
        handlers.asgi_app,
        handlers.stream,
        handlers.quote,
        handlers.wrapped,
        handlers.sync_handler,
        *tables.HANDLERS,
        *build("eur"),
    ]
)
app.register(tables.late)
