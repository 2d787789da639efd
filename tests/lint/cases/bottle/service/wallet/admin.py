import bottle as b

admin = b.Bottle()
WRITE = ["POST"]


@admin.route("/wallet/admin/adjust", method=WRITE)
def adjust():
    return {}


@admin.route("/wallet/admin/page", method="GET")
def page():
    return {}
