import itertools

from flask import Blueprint

from .verbs import CHOSEN, GROWN, METHODS, PAIR, SAFE, TABLE

pages = Blueprint("wallet", __name__)


@pages.route("/first_two", methods=METHODS[:2])
def first_two(): ...


@pages.route("/all_but_the_first", methods=METHODS[1:])
def all_but_the_first(): ...


@pages.route("/last", methods=METHODS[-1:])
def last(): ...


@pages.route("/backwards", methods=METHODS[::-1][:1])
def backwards(): ...


@pages.route("/every_second", methods=METHODS[1::2])
def every_second(): ...


@pages.route("/first_only", methods=METHODS[:1])
def first_only(): ...


@pages.route("/whole", methods=METHODS[:])
def whole(): ...


@pages.route("/of_a_tuple", methods=PAIR[1:])
def of_a_tuple(): ...


@pages.route("/of_a_text", methods="GET,POST".split(",")[1:])
def of_a_text(): ...


@pages.route("/starred_set", methods=[*SAFE, "POST"])
def starred_set(): ...


@pages.route("/starred_reads", methods=[*SAFE, "PUT"])
def starred_reads(): ...


@pages.route("/starred_slice", methods=[*METHODS[:1], "PATCH"])
def starred_slice(): ...


@pages.route("/listed", methods=list(METHODS))
def listed(): ...


@pages.route("/tupled", methods=tuple(METHODS[:2]))
def tupled(): ...


@pages.route("/added", methods=METHODS[:1] + ["POST"])
def added(): ...


@pages.route("/added_reads", methods=METHODS[:1] + ["PUT"])
def added_reads(): ...


@pages.route("/united", methods=set(METHODS[:1]) | {"POST"})
def united(): ...


@pages.route("/united_reads", methods=set(SAFE) | {"PUT"})
def united_reads(): ...


@pages.route("/less", methods=set(METHODS) - {"POST"})
def less(): ...


@pages.route("/less_another", methods=set(METHODS) - {"GET"})
def less_another(): ...


@pages.route("/shared", methods=set(METHODS) & SAFE)
def shared(): ...


@pages.route("/shared_writes", methods=frozenset(METHODS) & {"POST", "PUT"})
def shared_writes(): ...


@pages.route("/either_side", methods=set(METHODS) ^ {"POST"})
def either_side(): ...


@pages.route("/either_side_writes", methods=SAFE ^ {"POST"})
def either_side_writes(): ...


@pages.route("/union", methods=SAFE.union(["POST"]))
def union(): ...


@pages.route("/difference", methods=set(METHODS).difference(["POST"]))
def difference(): ...


@pages.route("/intersection", methods=set(METHODS).intersection(PAIR))
def intersection(): ...


@pages.route("/symmetric", methods=SAFE.symmetric_difference({"GET", "HEAD", "PUT"}))
def symmetric(): ...


@pages.route("/sorted_first", methods=sorted(METHODS)[:1])
def sorted_first(): ...


@pages.route("/sorted_last", methods=sorted({"GET", "POST"})[-1:])
def sorted_last(): ...


@pages.route("/reversed_first", methods=list(reversed(METHODS))[:1])
def reversed_first(): ...


@pages.route("/reversed_middle", methods=list(reversed(METHODS))[1:2])
def reversed_middle(): ...


@pages.route("/chained", methods=list(itertools.chain(SAFE, METHODS[1:2])))
def chained(): ...


@pages.route("/chained_reads", methods=list(itertools.chain(SAFE, METHODS[:1])))
def chained_reads(): ...


@pages.route("/grown", methods=GROWN[2:])
def grown(): ...


@pages.route("/keys", methods=list(TABLE)[1:])
def keys(): ...


@pages.route("/keys_reads", methods=list(TABLE)[:1])
def keys_reads(): ...


@pages.route("/by_branch", methods=CHOSEN[1:])
def by_branch(): ...


@pages.route("/by_item", methods=[METHODS[-2]])
def by_item(): ...
