from functools import update_wrapper, wraps

from idem_runtime import money_moving, not_money_moving


def log(view):
    """As most people write it: no functools.wraps."""

    def logged(*args, **kwargs):
        return view(*args, **kwargs)

    logged.__name__ = view.__name__
    return logged


def timed(seconds):
    def decorate(view):
        def inner(*args, **kwargs):
            return view(*args, **kwargs)

        return update_wrapper(inner, view)

    return decorate


class Limited:
    def __init__(self, per_minute):
        self.per_minute = per_minute

    def __call__(self, view):
        @wraps(view)
        def limited(*args, **kwargs):
            return view(*args, **kwargs)

        return limited


class Cached:
    """The decorator's result is an object."""

    def __init__(self, view):
        self.view = view
        update_wrapper(self, view)

    def __call__(self, *args, **kwargs):
        return self.view(*args, **kwargs)


def money_endpoint(bp, rule):
    """A route and a mark."""

    def decorate(view):
        return bp.post(rule)(money_moving(view))

    return decorate


def endpoint(bp, rule, methods=("POST",)):
    """A route only."""

    def decorate(view):
        bp.add_url_rule(rule, view_func=view, methods=methods)
        return view

    return decorate


def safe_money(view):
    """A mark only."""
    return log(money_moving(view))


def read_shaped(view):
    return not_money_moving(reason="read-shaped POST of the reporting screens")(view)


def compose(*decorators):
    def decorate(view):
        for decorator in reversed(decorators):
            view = decorator(view)
        return view

    return decorate
