from flask import Blueprint
from flask.views import MethodView

bp = Blueprint("wallet", __name__, url_prefix="/wallet")
CONTROLLERS = []


def resource(rule, name=None):
    """A class decorator that registers the view."""

    def decorate(cls):
        bp.add_url_rule(rule, view_func=cls.as_view(name or cls.__name__.lower()))
        return cls

    return decorate


class Endpoint(MethodView):
    """Subclasses register themselves."""

    def __init_subclass__(cls, rule=None, **kwargs):
        super().__init_subclass__(**kwargs)
        if rule is not None:
            bp.add_url_rule(rule, view_func=cls.as_view(cls.__name__))


def action(verb, rule):
    """Notes on the method where it wants to be."""

    def decorate(method):
        method.route = (verb, rule)
        return method

    return decorate


def controller(cls):
    CONTROLLERS.append(cls)
    return cls


def mount_controllers(app):
    for cls in CONTROLLERS:
        instance = cls()
        for name in dir(instance):
            method = getattr(instance, name)
            if hasattr(method, "route"):
                verb, rule = method.route
                app.add_url_rule(rule, f"{cls.__name__}.{name}", method, methods=[verb])
