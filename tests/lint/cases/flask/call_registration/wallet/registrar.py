"""Helpers that register for others, as every older service has them."""


def adjust():
    return {}


def reverse():
    return {}


def report():
    return {}


def fee():
    return {}


def rate():
    return {}


def add(app, path, fn):
    app.add_url_rule(path, view_func=fn, methods=["POST"])


def add_with(app, path, fn, methods=("GET",)):
    app.add_url_rule(path, endpoint=fn.__name__, view_func=fn, methods=list(methods))


def add_many(app, prefix, *functions, **options):
    for fn in functions:
        app.add_url_rule(f"{prefix}/{fn.__name__}", view_func=fn, **options)


def install(app):
    add(app, "/wallet/adjustments", adjust)
    add_with(app, "/wallet/reversals", reverse, methods=["POST"])
    add_with(app, "/wallet/reports", report)
    add_many(app, "/wallet", fee, methods=["POST"])
    add_many(app, "/wallet", rate)
