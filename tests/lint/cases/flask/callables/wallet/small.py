from functools import partial, wraps

from idem_runtime import money_moving


def move(kind, direction="out"):
    return {"kind": kind, "direction": direction}


def read(kind):
    return {"kind": kind}


def book(kind):
    return {"kind": kind}


async def book_later(kind):
    return {"kind": kind}


transfer = partial(move, "transfer")
payout = partial(move, kind="payout", direction="out")


def install(app):
    app.add_url_rule("/wallet/transfers", "transfer", transfer, methods=["POST"])
    app.add_url_rule("/wallet/payouts", endpoint="payout", view_func=payout, methods=["POST"])
    app.add_url_rule("/wallet/read", "read", partial(read, "all"))
    app.add_url_rule("/wallet/book", "book", partial(book, kind="one"), methods=["POST"])
    app.add_url_rule("/wallet/marked", "marked", money_moving(wraps(book_later)(partial(book_later, "two"))), methods=["POST"])
    app.add_url_rule("/wallet/lambda", "lambda", lambda: {"ok": True}, methods=["POST"])
    app.add_url_rule("/wallet/lambda-read", "lambda-read", lambda: {"ok": True})
    app.add_url_rule(
        "/wallet/lambda-late",
        endpoint="lambda-late",
        methods=["GET", "POST"],
        view_func=lambda: book("late"),
    )
    app.post("/wallet/lambda-called", endpoint="lambda-called")(lambda: book("called"))
    shorthand = lambda: {}  # noqa: E731
    app.add_url_rule("/wallet/shorthand", "shorthand", shorthand, methods=["POST"])
