from sanic import Blueprint

bp = Blueprint("views", url_prefix="/bp")
