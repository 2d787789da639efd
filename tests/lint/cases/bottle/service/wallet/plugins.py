from idem_runtime import money_moving


def timing(callback):
    def timed(*args, **kwargs):
        return callback(*args, **kwargs)

    return timed


def refund():
    return {}


def install(app):
    app.install(timing)
    app.route("/wallet/refund", method="POST", callback=refund, apply=money_moving)

    @app.post("/wallet/applied", apply=[timing, money_moving], skip=[timing])
    def applied():
        return {}
