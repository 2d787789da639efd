from apiflask import APIBlueprint as Blueprint
from apiflask import APIFlask, Schema
from apiflask.fields import Integer

from idem_runtime import money_moving


class Amount(Schema):
    amount = Integer()


class Service(APIFlask):
    def command(self, rule, schema=Amount):
        def decorate(view):
            return self.post(rule)(self.input(schema)(view))

        return decorate


def money_endpoint(target, rule):
    """Route, validation and mark in one."""

    def decorate(view):
        return target.post(rule)(target.input(Amount)(money_moving(view)))

    return decorate


def create_app():
    it = Service(__name__)
    pages = Blueprint("pages", __name__, url_prefix="/wallet")

    @it.command("/wallet/transfers")
    def transfer(json_data):
        return json_data

    @money_endpoint(pages, "/deposits")
    def deposit(json_data):
        return json_data

    for name, view in {"freeze": freeze, "thaw": thaw}.items():
        pages.post(f"/{name}", endpoint=name)(pages.doc(summary=name)(view))

    pages.add_url_rule("/rates", view_func=rates, methods=["GET"])
    it.register_blueprint(pages)
    return it


def freeze():
    return {}


def thaw():
    return {}


def rates():
    return {}
