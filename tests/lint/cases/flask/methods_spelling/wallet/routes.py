from functools import partial
from http import HTTPMethod

from flask import Blueprint

from idem_runtime import money_moving

from . import verbs
from .verbs import BOTH, CHANGE, POST_ONLY, READ, TABLE, WRITE, Verb

pages = Blueprint("pages", __name__)
LOCAL = ["POST"]
SAFE = ["GET"]
creates = partial(pages.route, methods=["POST"])
reads = partial(pages.route, methods=["GET"])
on_post = pages.post


@pages.route("/list", methods=["POST"])
def as_list(): return {}


@pages.route("/tuple", methods=("POST",))
def as_tuple(): return {}


@pages.route("/set", methods={"POST", "PUT"})
def as_set(): return {}


@pages.route("/frozenset", methods=frozenset({"POST"}))
def as_frozenset(): return {}


@pages.route("/lower", methods=["post"])
def lower_case(): return {}


@pages.route("/mixed", methods=["Get", "Post"])
def mixed_case(): return {}


@pages.route("/constant", methods=LOCAL)
def constant(): return {}


@pages.route("/imported", methods=WRITE)
@money_moving
def imported_constant(): return {}


@pages.route("/attribute", methods=verbs.WRITE)
def constant_of_a_module(): return {}


@pages.route("/class-attribute", methods=Verb.CREATE)
def constant_of_a_class(): return {}


@pages.route("/item", methods=TABLE["create"])
def item_of_a_table(): return {}


@pages.route("/sum", methods=READ + ["POST"])
def concatenation(): return {}


@pages.route("/sum-of-constants", methods=SAFE + LOCAL)
def concatenation_of_constants(): return {}


@pages.route("/unpacked", methods=[*READ, *WRITE])
def unpacked(): return {}


@pages.route("/both", methods=BOTH)
def constant_made_of_constants(): return {}


@pages.route("/union", methods=CHANGE | {"POST"})
def union(): return {}


@pages.route("/converted", methods=list(WRITE))
def converted(): return {}


@pages.route("/split", methods="GET POST".split())
def split_text(): return {}


@pages.route("/enum", methods=[HTTPMethod.POST])
def enumeration(): return {}


@pages.route("/enum-value", methods=[HTTPMethod.PUT.value, HTTPMethod.POST.value])
def enumeration_value(): return {}


@pages.route("/options", **POST_ONLY)
def keyword_table(): return {}


@pages.route("/options-literal", **{"methods": ["POST"], "strict_slashes": False})
def keyword_literal(): return {}


@pages.route("/options-dict", **dict(methods=("POST",)))
def keyword_dict(): return {}


@pages.route("/chosen", methods=[*WRITE] if verbs else list(WRITE))
def either_way(): return {}


@creates("/partial")
def by_partial(): return {}


@on_post("/alias")
def by_alias(): return {}


@pages.route(rule="/keyword-rule", methods=["POST"])
def rule_by_keyword(): return {}


@pages.route("/implicit" "/concatenation", methods=["PO" "ST"])
def implicit_concatenation(): return {}


@pages.route("/none", methods=None)
def default_by_none(): return {}


@pages.route("/head", methods=["HEAD", "OPTIONS"])
def only_head(): return {}


@pages.route("/safe", methods=SAFE)
def safe_constant(): return {}


@pages.route("/change", methods=CHANGE)
def change(): return {}


@reads("/partial-read")
def by_partial_read(): return {}


@pages.route("/class-read", methods=Verb.READ)
def class_read(): return {}


@pages.route("/table-read", methods=TABLE["read"])
def table_read(): return {}
