def book():
    return {}


def quote():
    return {}


def install(app):
    app.add_url_rule("/wallet/book", "book", book, methods=["POST"])
    app.add_url_rule("/wallet/quote", "quote", quote)
