from fastapi import FastAPI

from wallet import conditional, crud, nested, same_names


def create_app() -> FastAPI:
    app = FastAPI()
    app.include_router(nested.build(limit=10))
    for name in ("deposits", "withdrawals", "branches", "currencies"):
        app.include_router(crud.crud_router(name))
    app.include_router(conditional.router)
    app.include_router(same_names.router)

    @app.post("/wallet/ping")
    async def ping():
        return {}

    def admin() -> None:
        @app.post("/wallet/admin/adjust")
        async def adjust():
            return {}

    admin()
    return app


app = create_app()
