import chalice as aws

cards = aws.Blueprint("chalicelib.wallet.cards")
route = cards.route


@route("/wallet/cards", methods=["POST"])
def order():
    return {}


@route("/wallet/cards")
def index():
    return []


@cards.route("/wallet/cards/same", methods=["POST"], name="first")
def same():
    return {}


@cards.route("/wallet/cards/same-again", methods=["POST"], name="second")
def same():  # noqa: F811
    return {}


@cards.on_ws_message()
def live(event):
    return None
