from platform_web import APIRouter, FastAPI

from wallet import cards, commands, loans, proxied, versioned

app = FastAPI()
root = APIRouter(prefix="/bank")
for module in (cards, loans):
    root.include_router(module.router)
app.include_router(root)
app.include_router(commands.commands.inner)
app.include_router(proxied.routes._target)
app.include_router(versioned.routes.build())
