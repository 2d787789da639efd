from blacksheep import Application, Router

from wallet import handlers, late

app = Application(router=handlers.router)
handlers.install(app)
late.register(app)


@app.router.post("/wallet/on-app")
async def on_app(): return {}


@app.router.get("/wallet/on-app")
async def on_app_get(): return {}


@app.lifespan
async def lifetime(): yield


@app.after_start
async def after_start(application): return None


assert Router
