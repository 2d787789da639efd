def show():
    return {}


def block():
    return {}


def order():
    return {}


URLS = [
    ["/wallet/cards", ["GET"], show],
    ["/wallet/cards/block", ["POST"], block],
]
VIEWS = {"POST": {"/wallet/cards/order": order}, "GET": {"/wallet/cards/print": show}}
