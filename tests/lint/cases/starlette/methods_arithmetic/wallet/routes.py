import itertools

from starlette.routing import Route

from .verbs import CHOSEN, GROWN, METHODS, PAIR, SAFE, TABLE


async def first_two(request): ...


async def all_but_the_first(request): ...


async def last(request): ...


async def backwards(request): ...


async def every_second(request): ...


async def first_only(request): ...


async def whole(request): ...


async def of_a_tuple(request): ...


async def of_a_text(request): ...


async def starred_set(request): ...


async def starred_reads(request): ...


async def starred_slice(request): ...


async def listed(request): ...


async def tupled(request): ...


async def added(request): ...


async def added_reads(request): ...


async def united(request): ...


async def united_reads(request): ...


async def less(request): ...


async def less_another(request): ...


async def shared(request): ...


async def shared_writes(request): ...


async def either_side(request): ...


async def either_side_writes(request): ...


async def union(request): ...


async def difference(request): ...


async def intersection(request): ...


async def symmetric(request): ...


async def sorted_first(request): ...


async def sorted_last(request): ...


async def reversed_first(request): ...


async def reversed_middle(request): ...


async def chained(request): ...


async def chained_reads(request): ...


async def grown(request): ...


async def keys(request): ...


async def keys_reads(request): ...


async def by_branch(request): ...


async def by_item(request): ...


ROUTES = [
    Route("/first_two", first_two, methods=METHODS[:2]),
    Route("/all_but_the_first", all_but_the_first, methods=METHODS[1:]),
    Route("/last", last, methods=METHODS[-1:]),
    Route("/backwards", backwards, methods=METHODS[::-1][:1]),
    Route("/every_second", every_second, methods=METHODS[1::2]),
    Route("/first_only", first_only, methods=METHODS[:1]),
    Route("/whole", whole, methods=METHODS[:]),
    Route("/of_a_tuple", of_a_tuple, methods=PAIR[1:]),
    Route("/of_a_text", of_a_text, methods="GET,POST".split(",")[1:]),
    Route("/starred_set", starred_set, methods=[*SAFE, "POST"]),
    Route("/starred_reads", starred_reads, methods=[*SAFE, "PUT"]),
    Route("/starred_slice", starred_slice, methods=[*METHODS[:1], "PATCH"]),
    Route("/listed", listed, methods=list(METHODS)),
    Route("/tupled", tupled, methods=tuple(METHODS[:2])),
    Route("/added", added, methods=METHODS[:1] + ["POST"]),
    Route("/added_reads", added_reads, methods=METHODS[:1] + ["PUT"]),
    Route("/united", united, methods=set(METHODS[:1]) | {"POST"}),
    Route("/united_reads", united_reads, methods=set(SAFE) | {"PUT"}),
    Route("/less", less, methods=set(METHODS) - {"POST"}),
    Route("/less_another", less_another, methods=set(METHODS) - {"GET"}),
    Route("/shared", shared, methods=set(METHODS) & SAFE),
    Route("/shared_writes", shared_writes, methods=frozenset(METHODS) & {"POST", "PUT"}),
    Route("/either_side", either_side, methods=set(METHODS) ^ {"POST"}),
    Route("/either_side_writes", either_side_writes, methods=SAFE ^ {"POST"}),
    Route("/union", union, methods=SAFE.union(["POST"])),
    Route("/difference", difference, methods=set(METHODS).difference(["POST"])),
    Route("/intersection", intersection, methods=set(METHODS).intersection(PAIR)),
    Route("/symmetric", symmetric, methods=SAFE.symmetric_difference({"GET", "HEAD", "PUT"})),
    Route("/sorted_first", sorted_first, methods=sorted(METHODS)[:1]),
    Route("/sorted_last", sorted_last, methods=sorted({"GET", "POST"})[-1:]),
    Route("/reversed_first", reversed_first, methods=list(reversed(METHODS))[:1]),
    Route("/reversed_middle", reversed_middle, methods=list(reversed(METHODS))[1:2]),
    Route("/chained", chained, methods=list(itertools.chain(SAFE, METHODS[1:2]))),
    Route("/chained_reads", chained_reads, methods=list(itertools.chain(SAFE, METHODS[:1]))),
    Route("/grown", grown, methods=GROWN[2:]),
    Route("/keys", keys, methods=list(TABLE)[1:]),
    Route("/keys_reads", keys_reads, methods=list(TABLE)[:1]),
    Route("/by_branch", by_branch, methods=CHOSEN[1:]),
    Route("/by_item", by_item, methods=[METHODS[-2]]),
]
