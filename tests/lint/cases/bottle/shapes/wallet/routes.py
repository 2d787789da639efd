from idem_runtime import money_moving


def command(app, path):
    def decorate(view):
        app.route(path, method="POST", callback=view)
        return view

    return decorate


def money_command(app, path):
    return lambda view: app.post(path)(money_moving(view))


def freeze():
    return {}


def thaw():
    return {}


def history():
    return []


VIEWS = {"post": [freeze, thaw], "get": [history]}
