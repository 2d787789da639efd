from quart import Blueprint

from idem_runtime import money_moving


class Section(Blueprint):
    def command(self, rule):
        def decorate(view):
            self.add_url_rule(rule, view_func=money_moving(view), methods=["POST"])
            return view

        return decorate


api = Section("api", __name__, url_prefix="/wallet/api")
book = Blueprint("book", __name__, url_prefix="/wallet/book")
ROUTES = []


def collects(rule, methods):
    def decorate(view):
        ROUTES.append((rule, view, methods))
        return view

    return decorate


@api.command("/transfer")
async def transfer():
    return {}


@api.post("/a", endpoint="a")
async def handle():
    return {}


@api.get("/b", endpoint="b")
async def handle():  # noqa: F811
    return {}


@collects("/entries", ["POST"])
async def entry():
    return {}


@collects("/pages", ["GET"])
async def page():
    return {}


for rule, view, methods in ROUTES:
    book.add_url_rule(rule, view_func=view, methods=methods)
