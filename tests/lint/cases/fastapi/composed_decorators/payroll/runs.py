from fastapi import APIRouter, FastAPI

from idem_runtime import money_moving

router = APIRouter(prefix="/payroll")


def register(target: APIRouter | FastAPI, path: str, fn, methods=("POST",)):
    target.add_api_route(path, fn, methods=list(methods))


def reads(target, path):
    def decorate(fn):
        register(target, path, fn, methods=("GET",))
        return fn

    return decorate


def http(verb: str, path: str):
    def decorate(fn):
        router.add_api_route(path, fn, methods=[verb])
        return fn

    return decorate


@money_moving
async def run_payroll(): return {}


async def pay_bonus(): return {}


async def payslips(): return []


@reads(router, "/years")
async def years(): return []


@http("POST", "/correct")
async def correct(): return {}


@http("GET", "/corrections")
async def corrections(): return []


@http(path="/reverse", verb="POST")
async def reverse(): return {}


register(router, "/run", run_payroll)
register(router, "/bonus", pay_bonus, methods=["PUT", "POST"])
register(router, "/payslips", payslips, methods=("GET",))
