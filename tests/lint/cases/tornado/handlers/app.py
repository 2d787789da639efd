import tornado.web

from wallet.handlers import (
    Aliased,
    Base,
    Decorated,
    Generic,
    Inherits,
    Overrides,
    Reads,
    ReadsOnly,
    Wallet,
    Writes,
)


def make_app(settings: dict) -> tornado.web.Application:
    return tornado.web.Application(
        [
            (r"/wallet", Wallet),
            (r"/wallet/reads", Reads),
            tornado.web.url(r"/wallet/inherits", Inherits, name="inherits"),
            tornado.web.URLSpec(r"/wallet/overrides", Overrides, {"limit": 3}),
            (r"/wallet/read-only", ReadsOnly),
            (r"/wallet/decorated", Decorated),
            (r"/wallet/generic/(\w+)", Generic, dict(limit=1), "generic"),
            (r"/wallet/by-name", "wallet.named.ByName"),
            (r"/wallet/aliased", Aliased),
            (r"/wallet/writes", Writes),
            (r"/static/(.*)", tornado.web.StaticFileHandler, {"path": "."}),
            (r"/old", tornado.web.RedirectHandler, {"url": "/wallet"}),
        ],
        **settings,
    )


app = make_app({"autoreload": False})
assert Base
