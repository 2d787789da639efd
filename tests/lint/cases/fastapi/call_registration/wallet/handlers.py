from starlette.responses import JSONResponse

from idem_runtime import money_moving


async def direct(): return {}


async def read_only(): return {}


@money_moving
async def called(): return {}


def on_router(): return {}


async def starlette_style(request): return JSONResponse({})


async def starlette_style_app(request): return JSONResponse({})


async def by_module_attribute(): return {}


async def wrapped_at_registration(): return {}


async def in_route_object(): return {}


async def in_appended_route(): return {}


async def by_partial(rail: str = "ach"): return {"rail": rail}


async def by_getattr(): return {}


async def by_string_constant(): return {}


def not_registered_at_all(): return {}


def helper(): return not_registered_at_all()
