def setup(application):
    application.include_router(_router())


def _router():
    from fastapi import APIRouter

    local = APIRouter(prefix="/payroll")

    @local.post("/runs")
    async def run(): return {}

    return local
