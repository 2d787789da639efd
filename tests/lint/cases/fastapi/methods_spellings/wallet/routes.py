from enum import Enum
from http import HTTPMethod

from fastapi import APIRouter

from idem_runtime import money_moving

from . import verbs
from .verbs import CREATE, EVERYTHING, SAFE, WRITE, Verb
from .verbs import WRITE as MUTATING

router = APIRouter(prefix="/wallet")

LOCAL = ["POST"]
READS = ["GET"]
POST_ONLY = {"methods": ["POST"], "status_code": 201}
VERBS = {"create": ["POST"], "read": ["GET"]}


class Method(str, Enum):
    GET = "GET"
    POST = "POST"


@router.api_route("/list", methods=["POST"])
async def as_list(): ...


@router.api_route("/tuple", methods=("POST",))
async def as_tuple(): ...


@router.api_route("/set", methods={"POST", "GET"})
async def as_set(): ...


@router.api_route("/frozenset", methods=frozenset(("PUT", "POST")))
async def as_frozenset(): ...


@router.api_route("/lower", methods=["post"])
async def lower(): ...


@router.api_route("/mixed", methods=["Get", "Post"])
async def mixed(): ...


@router.api_route("/constant", methods=LOCAL)
async def constant(): ...


@router.api_route("/imported", methods=WRITE)
@money_moving
async def imported(): ...


@router.api_route("/aliased", methods=MUTATING)
async def aliased(): ...


@router.api_route("/attribute", methods=verbs.WRITE)
async def attribute(): ...


@router.api_route("/class-attribute", methods=Verb.CREATE)
async def class_attribute(): ...


@router.api_route("/concatenated", methods=READS + ["POST"])
async def concatenated(): ...


@router.api_route("/constants-added", methods=READS + LOCAL)
async def constants_added(): ...


@router.api_route("/starred", methods=[*verbs.READ, *WRITE])
async def starred(): ...


@router.api_route("/everything", methods=EVERYTHING)
async def everything(): ...


@router.api_route("/union", methods=SAFE | {"POST"})
async def union(): ...


@router.api_route("/one-constant", methods=[CREATE])
async def one_constant(): ...


@router.api_route("/http-method", methods=[HTTPMethod.POST])
async def http_method(): ...


@router.api_route("/http-method-value", methods=[HTTPMethod.GET.value, HTTPMethod.POST.value])
async def http_method_value(): ...


@router.api_route("/enum-list", methods=verbs.ENUM)
async def enum_list(): ...


@router.api_route("/own-enum", methods=[Method.POST.value])
async def own_enum(): ...


@router.api_route("/keywords", **POST_ONLY)
async def keywords(): ...


@router.api_route("/keywords-literal", **{"methods": ["POST"]})
async def keywords_literal(): ...


@router.api_route("/subscript", methods=VERBS["create"])
async def subscript(): ...


@router.api_route("/listed", methods=list(WRITE))
async def listed(): ...


@router.api_route("/sorted", methods=sorted({"GET", "POST"}))
async def in_order(): ...


@router.api_route("/split", methods="GET POST".split())
async def split(): ...


@router.api_route(path="/path-keyword", methods=["POST"])
async def path_keyword(): ...


@router.post(path="/post-keyword")
async def post_keyword(): ...


@router.route("/starlette-route", methods=["POST"])
async def starlette_route(request): ...


# Nothing below answers POST.
@router.api_route("/read/none", methods=None)
async def read_none(): ...


@router.api_route("/read/constant", methods=READS)
async def read_constant(): ...


@router.api_route("/read/safe", methods=SAFE)
async def read_safe(): ...


@router.api_route("/read/class", methods=Verb.READ)
async def read_class(): ...


@router.api_route("/read/subscript", methods=VERBS["read"])
async def read_subscript(): ...


@router.api_route("/read/put", methods=["PUT", "PATCH"])
async def read_put(): ...


@router.route("/read/starlette")
async def read_starlette(request): ...
