"""Routes: what a mapper connects, and which method of which controller answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from idem_lint.running.project_run import inventory
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources

WSGI = """
--- wallet/wsgi.py
import routes


class Mapper(routes.Mapper):
    def connect(self, *args, **kwargs):
        kwargs.setdefault("requirements", {})
        return routes.Mapper.connect(self, *args, **kwargs)


class Resource:
    def __init__(self, controller, deserializer=None, serializer=None):
        self.controller = controller
        self.deserializer = deserializer

    def __call__(self, request):
        return self.dispatch(self.controller, request.environ["action"], request)

    def dispatch(self, holder, action, *args, **kwargs):
        return getattr(holder, action)(*args, **kwargs)


class Router:
    def __init__(self, mapper):
        self.map = mapper

    @classmethod
    def factory(cls, settings):
        return cls(Mapper())
"""

TABLE = f"""
### a router that is given its mapper, controllers in resources
from wallet import controllers, wsgi


class API(wsgi.Router):
    def __init__(self, mapper):
        rejecting = wsgi.Resource(Rejecting())
        cards = controllers.create_resource()
        mapper.connect("/cards", controller=cards, action="charge", conditions={{"method": ["POST"]}})
        mapper.connect("/cards", controller=rejecting, action="reject", allowed_methods="POST")
        mapper.connect("/cards", controller=cards, action="show", conditions={{"method": ["GET"]}})
        mapper.connect("named", "/refunds", controller=cards, action="refund", conditions=dict(method="PUT,POST"))
        super().__init__(mapper)


class Rejecting:
    def reject(self, request, allowed_methods):
        print("not allowed")
        raise ValueError(allowed_methods)
--- wallet/controllers.py
from idem_runtime import money_moving
from wallet import wsgi


class Cards:
    @money_moving
    def charge(self, request): ...  # found: money_moving

    def refund(self, request): ...  # found

    def show(self, request): ...


class OtherCards(Cards):
    pass


class Deserializer:
    def charge(self, request): ...


def create_resource():
    return wsgi.Resource(Cards(), Deserializer())
{WSGI}
### any method where there are no conditions, applications, and what nobody can read
import routes


class Application:
    def __call__(self, environ, start):  # found
        return []


class Cards:
    def charge(self, request): ...  # found

    def refund(self, request): ...  # found

    def read(self, request): ...  # undecided


class Heir(Cards):  # found
    pass


def pay(environ, start):  # found
    return []


def made(settings, conditions, options):
    mapper = routes.Mapper()
    mapper.connect("/pay", controller=pay)
    mapper.connect("/cards", controller=Cards(), action="charge")
    mapper.connect("/cards/refund", controller=Cards, action="refund", conditions={{"sub_domain": True}})
    settings.maker().connect("/cards/again", controller=Cards(), action="charge")
    mapper.connect("/app", controller=Application())
    mapper.connect("/{{controller}}/{{action}}")  # undecided
    mapper.connect("/named", controller="cards", action="charge")  # undecided
    mapper.connect("/unknown", controller=settings.controller, action="charge")  # undecided
    mapper.connect("/none", controller=Cards(), action="missing")  # undecided
    mapper.connect("/unsaid", controller=settings.controller, action="charge", conditions={{"method": ["GET"]}})
    mapper.connect("/there", controller=Cards(), action=settings.action, conditions={{**conditions}})  # undecided
    mapper.connect("/where", controller=settings.controller, conditions=settings.conditions)  # undecided
    mapper.connect("/joined", controller=settings.cards, conditions={{"method": ",".join(["GET", "PUT"])}})
    mapper.connect("/unread", controller=Cards(), action="read", conditions={{"method": ",".join([settings.method])}})
    mapper.connect("/many", controller=Cards(), action="read", conditions={{"method": ",".join(settings.methods)}})
    mapper.connect("/heir", controller=Heir(), action="charge", conditions={{"method": ",".join(["GET", "POST"])}})
    mapper.connect("/what", controller=settings.controller, **settings.options)  # undecided
    return mapper

### resources and submappers
import routes


class Cards:
    def create(self, request): ...  # found

    def charge(self, request): ...  # found

    def freeze(self, request): ...  # found

    def search(self, request): ...


class Wallets:
    def create(self, request): ...  # found

    def pay(self, request): ...  # found

    def drain(self, request): ...  # found

    def close(self, request): ...

    def add(self, request): ...  # found


class Payouts:
    def create(self, request): ...  # found


class Refunds:
    def create(self, request): ...


class Readings:
    def show(self, request): ...


class Resource:
    def __init__(self, controller):
        self.controller = controller

    def __call__(self, request):
        return self.dispatch(self.controller, "create", request)

    def dispatch(self, holder, action, *args):
        return getattr(holder, action)(*args)


class Wrapped:
    def __init__(self, inner, settings):
        self.inner = inner


def made(settings, options):
    mapper = routes.Mapper()
    mapper.resource("card", "cards", controller=Cards(), member={{"charge": "POST"}}, collection={{"search": "GET"}}, new={{"freeze": "ANY"}})
    mapper.resource("reading", "readings", controller=Readings())
    mapper.resource("reading", "readings", controller=Wrapped(Readings(), "x"))
    mapper.resource("reading", "readings", controller=Wrapped(Readings(), settings))  # undecided
    mapper.resource("reading", "readings", controller=Resource(Readings()))
    mapper.resource("refund", "refunds", controller=Resource(Wallets()))
    mapper.resource("other", "others", controller=settings.controller)  # undecided
    mapper.resource("more", "more", controller=Readings(), member=settings.member)
    with mapper.submapper(path_prefix="/wallets", controller=Wallets(), actions=["create"]) as m:
        m.connect("/pay", action="pay", conditions={{"method": ["POST"]}})
        m.action("drain", action="drain", method="POST")
        m.link("close", action="close")
        with m.submapper(path_prefix="/inner") as inner:
            inner.connect("/add", action="add", conditions={{"method": ["POST"]}})
    mapper.collection("payouts", "payout", controller=Payouts())
    mapper.collection("refunds", "refund", controller=Refunds(), collection_actions=["index"])

### through a method of the project's mapper and a table of partials
import functools

from wallet import controllers, wsgi


def resource(main, others):
    return wsgi.Resource(main())


cards = functools.partial(resource, controllers.Cards, [])
class Mapper(wsgi.Mapper):
    def create_route(self, path, method, controller, action):
        self.connect(path, conditions={{"method": [method]}}, controller=controller, action=action)


TABLE = (
    ("", "/"),
    ("/cards", {{"GET": [cards, "show"], "POST": [cards, "charge"]}}),
    ("/refunds", {{"POST": [cards, "refund"]}}),
)


class API(wsgi.Router):
    def __init__(self):
        super().__init__(Mapper())
        for path, methods in TABLE:
            if isinstance(methods, str):
                self.map.redirect(path, methods)
                continue
            for method, row in methods.items():
                self.map.create_route(path, method, row[0](), row[1])
--- wallet/controllers.py
class Cards:
    def charge(self, request): ...  # found

    def refund(self, request): ...  # found

    def show(self, request): ...
{WSGI}
### resources that a base class keeps
from wallet import base, controllers, wsgi


class API(base.Base):
    def set_up(self, mapper):
        self.resources["cards"] = wsgi.Resource(controllers.Cards())
        mapper.resource("card", "cards", controller=self.resources["cards"])
--- wallet/base.py
from wallet import wsgi


class Base(wsgi.Router):
    def __init__(self):
        mapper = wsgi.Mapper()
        self.resources = {{}}
        self.set_up(mapper)
        super().__init__(mapper)
--- wallet/controllers.py
class Cards:
    def create(self, request): ...  # found
{WSGI}
### a package of that name that is not in view
from routes import mount


def transfer(request): ...  # undecided


mount("/transfers", transfer, methods=["POST"])

### what is connected is not always a route
import routes
from blinker import signal


def charge(sender): ...


signal("charged").connect(charge)
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_a_mapper_connects_is_found(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def test_routes_stand_below_the_prefixes_of_submappers(tmp_path: Path) -> None:
    (tmp_path / "wallet.py").write_text(
        """
import routes


class Wallets:
    def create(self, request): ...
    def pay(self, request): ...
    def drain(self, request): ...
    def freeze(self, request): ...


mapper = routes.Mapper()
with mapper.submapper(path_prefix="/wallets", controller=Wallets()) as outer:
    outer.action("drain", method="POST", action="drain")
    with outer.submapper(path_prefix="/{id}") as inner:
        inner.connect("pay", "/pay", action="pay", conditions={"method": ["POST"]})
mapper.resource("wallet", "wallets", controller=Wallets(), member={"freeze": "POST"})
"""
    )
    found = inventory([tmp_path], Config(root=tmp_path, all_domains=True)).handlers
    assert {handler.qualname.rpartition(".")[2]: handler.route for handler in found} == {
        "create": "/wallets",
        "drain": "/wallets/drain",
        "freeze": "/wallets/{id}/freeze",
        "pay": "/wallets/{id}/pay",
    }
