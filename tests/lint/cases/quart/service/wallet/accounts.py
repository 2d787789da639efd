from functools import wraps

from quart import Blueprint, request
from quart.views import MethodView, View

from idem_runtime import money_moving, not_money_moving

bp = Blueprint("accounts", __name__)
statements = Blueprint("statements", __name__)


def login_required(view):
    @wraps(view)
    async def checked(*args, **kwargs):
        return await view(*args, **kwargs)

    return checked


@bp.post("/transfers")
@login_required
async def transfer():
    return await request.get_json(), 201


@bp.route("/deposits", methods=["POST"])
@money_moving
@login_required
async def deposit():
    return {}, 201


@bp.post("/search")
@not_money_moving(reason="a search")
def search():
    """Quart runs plain functions in a thread."""
    return []


@bp.route("/")
async def index():
    return []


@bp.get("/rates")
async def rates():
    return {}


@statements.route("/", methods=("GET", "POST"))
async def statement():
    return {}


class Cards(MethodView):
    async def get(self):
        return []

    @money_moving
    async def post(self):
        return {}, 201


class Base(MethodView):
    async def post(self):
        return {}, 201


class Limits(Base):
    """post comes from the base."""


class Block(View):
    methods = ["POST"]
    decorators = [login_required]

    async def dispatch_request(self):
        return {}


bp.add_url_rule("/cards", view_func=Cards.as_view("cards"))
bp.add_url_rule("/limits", view_func=Limits.as_view("limits"))
bp.add_url_rule("/block", view_func=Block.as_view("block"))
bp.register_blueprint(statements, url_prefix="/statements")
