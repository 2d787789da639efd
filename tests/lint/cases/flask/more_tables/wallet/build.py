from itertools import chain

from . import cards, cash


def add_routes(app):
    routes = {}
    routes.update(cash.ROUTES)
    routes.update({"/wallet/late": (late, ["POST"])})
    for url, item in routes.items():
        controller, methods = item
        endpoint = f"{controller.__module__}.{controller.__name__}".replace(".", "-")
        app.add_url_rule(url, endpoint, controller, methods=methods)

    for url in cards.URLS:
        app.add_url_rule(url[0], view_func=url[2], methods=url[1])

    for verb in cards.VIEWS:
        for path, view in cards.VIEWS[verb].items():
            safe_add(app, path, f"{verb}-{path}", view, {verb})

    pairs = [(fee, "/wallet/fees"), (rebate, "/wallet/rebates")]
    app_rules = chain(pairs, [(interest, "/wallet/interest")])
    for view, path in app_rules:
        app.route(path, methods=("POST",))(view)

    list(map(lambda fn: app.add_url_rule(f"/wallet/{fn.__name__}", view_func=fn, methods=["POST"]), [freeze, thaw]))
    register_all(app, "/wallet/all", accrue, settle)


def safe_add(app, rule, endpoint, view_func, methods):
    if endpoint in app.view_functions:
        return False
    try:
        app.add_url_rule(rule, endpoint=endpoint, view_func=view_func, methods=methods)
    except AssertionError:
        return False
    return True


def register_all(app, prefix, *views):
    for view in views:
        app.post(f"{prefix}/{view.__name__}")(view)


def late():
    return {}


def fee():
    return {}


def rebate():
    return {}


def interest():
    return {}


def freeze():
    return {}


def thaw():
    return {}


def accrue():
    return {}


def settle():
    return {}
