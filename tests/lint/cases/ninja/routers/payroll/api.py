from __future__ import annotations

from ninja import Router as NinjaRouter


def build() -> NinjaRouter:
    runs = NinjaRouter()

    @runs.get("/")
    def listing(request) -> list[int]:
        return []

    @runs.post("/")
    def start(request) -> dict[str, str]:
        return {}

    add_approval(runs)
    return runs


def add_approval(to: NinjaRouter) -> None:
    @to.post("/approve")
    def approve(request) -> dict[str, str]:
        return {}


runs = build()
