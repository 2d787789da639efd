import fastapi as web

from wallet import aliases, bare, star, typed

app = web.FastAPI()
for module in (aliases, bare, star, typed):
    app.include_router(module.api)
