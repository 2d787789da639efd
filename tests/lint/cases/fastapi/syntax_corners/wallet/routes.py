# -*- coding: utf-8 -*-
from typing import Any

from fastapi import APIRouter

from idem_runtime import money_moving

routers = [APIRouter(prefix="/0"), APIRouter(prefix="/1")]
router: APIRouter = routers[0]
überweisung = routers[1]


@routers[0].post("/wallet/indexed")
def indexed(): return {}


@(router.post("/wallet/parenthesised"))
def parenthesised(): return {}


@(post_it := router.post)("/wallet/walrus")
def walrus(): return {}


@post_it("/wallet/walrus-again")
def walrus_again(): return {}


@router \
    .post(
        "/wallet/continued",
        # a comment with @router.get("/") inside
        name="a ) b",
    )
@money_moving
async \
def continued(): return {}


@überweisung.post("/wallet/größe")
def größe(): return {}


@router.post("/wallet/one-liner")
def one_liner(): return {}; unused = 1



@router.post("/wallet/after-form-feed")
def after_form_feed(
    a: int = 0,
    *args: Any,
    **kwargs: Any,
): return {}


class Outer:
    class Inner:
        @router.post("/wallet/nested-class")
        def nested_class(): return {}

        @(lambda fn: fn)
        @router.post("/wallet/under-lambda")
        @(lambda fn: fn)
        def under_lambda(): return {}


handlers = {
    "pay": router.post("/wallet/in-a-dict")(lambda: {}),
    "read": router.get("/wallet/in-a-dict")(lambda: []),
}
nothing = [router.post(f"/wallet/comprehension/{n}")(lambda: {}) for n in ("a", "b")]
