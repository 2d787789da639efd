from flask import Blueprint

lazily = Blueprint("lazily", __name__)


@lazily.post("/wallet/lazily")
def lazily_loaded():
    return {}
