from flask.views import MethodView
from flask_smorest import Blueprint


def make(name):
    blp = Blueprint(name, __name__, url_prefix=f"/wallet/{name}")

    @blp.route("/")
    class Collection(MethodView):
        @blp.response(200)
        def get(self):
            return []

        @blp.response(201)
        def post(self):
            return {"name": name}

    @blp.route("/<int:item>")
    class Item(MethodView):
        @blp.response(200)
        def get(self, item):
            return {"item": item}

    return blp
