from idem_runtime import money_moving


def page():
    return ""


@money_moving
def deposit():
    return {}


def withdraw():
    return {}


ROUTES = {
    "/wallet/cash": (page, ["GET"]),
    "/wallet/cash/deposit": (deposit, ["POST"]),
    "/wallet/cash/withdraw": (withdraw, ["GET", "POST"]),
}
