import flask

blueprint = flask.Blueprint("plugin", __name__, url_prefix="/wallet/plugin")
METHODS = {verb: getattr(blueprint, verb) for verb in ("get", "post")}


@METHODS["post"]("/by-table")
def by_table():
    return {}


@getattr(blueprint, "post")("/by-getattr")
def by_getattr():
    return {}


@blueprint.__class__.post(blueprint, "/unbound")
def unbound():
    return {}


@flask.Blueprint.route(blueprint, "/unbound-route", methods=["POST"])
def unbound_route():
    return {}


if (create := blueprint.post) is not None:

    @create("/walrus")
    def walrus():
        return {}
