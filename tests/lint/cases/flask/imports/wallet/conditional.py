import os

from flask import Blueprint

section = Blueprint("conditional", __name__)

if os.environ.get("WALLET_READ_ONLY"):

    @section.get("/conditional")
    def conditional():
        return {}

else:

    @section.post("/conditional")
    def conditional():
        return {}


try:
    from wallet_speedups import accelerated
except ImportError:

    def accelerated(view):
        return view


@section.post("/accelerated")
@accelerated
def quick():
    return {}


match os.name:
    case "never":

        @section.get("/matched")
        def matched():
            return {}

    case _:

        @section.post("/matched")
        def matched():
            return {}


while True:

    @section.post("/once")
    def once():
        return {}

    break
