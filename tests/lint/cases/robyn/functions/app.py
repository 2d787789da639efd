from robyn import Robyn
from robyn.robyn import HttpMethod

from wallet import handlers

app = Robyn(__file__)
handlers.install(app)
app.add_route("POST", "/wallet/added", handlers.added)
app.add_route("GET", "/wallet/added", handlers.added_read)
app.add_route(HttpMethod.POST, "/wallet/enum", handlers.by_enum)
app.add_route(route_type="POST", endpoint="/wallet/keywords", handler=handlers.by_keywords)
for path, function in handlers.TABLE:
    app.post(path)(function)


@app.post("/wallet/transfers", auth_required=False)
async def transfer(request): return {}


@app.get("/wallet/transfers")
def transfers(request): return []


@app.before_request("/wallet")
def before(request): return request


@app.exception
def failed(error): return str(error)
