from idem_runtime import money_moving, not_money_moving


def ping():
    return {"ok": True}


def positional():
    return {}


def called():
    return {}


@money_moving
def called_post():
    return {}


def transfer():
    return {}


@money_moving
def deposit():
    return {}


def withdraw():
    return {}


@not_money_moving(reason="a search; the filter is a document")
def search():
    return {}


def history():
    return {}


def shared(kind="wallet"):
    return {"kind": kind}


def unused():
    """Never registered."""
    return {}
