from fastapi import FastAPI

TABLE: dict[str, dict[str, object]] = {}


async def create(): return {}


async def read(): return {}


async def change(): return {}


async def pay(): return {}


async def refund(): return {}


def attach(service: FastAPI) -> None:
    for verb, handler in (("post", create), ("get", read), ("put", change)):
        getattr(service, verb)("/lending/agreements")(handler)
    for name, handler in zip(("pay", "refund"), (pay, refund), strict=True):
        service.add_api_route("/lending/" + name, handler, methods=["POST"])
