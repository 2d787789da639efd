import azure.functions as az

READ, WRITE = ["GET"], ["POST"]
section = az.Blueprint()
http = section.route


@http(route="wallet/aliased", methods=WRITE)
def aliased(req: az.HttpRequest) -> str:
    return "ok"


@http(route="wallet/both", methods=READ + WRITE)
def both(req: az.HttpRequest) -> str:
    return "ok"


@http(route="wallet/read", methods=READ)
def read(req: az.HttpRequest) -> str:
    return "ok"


@section.event_grid_trigger(arg_name="event")
def post(event: az.EventGridEvent) -> None:
    return None
