from idem_runtime import money_moving, not_money_moving


def list_transfers():
    return []


def create_transfer(body):
    return body, 201


@money_moving
def deposit():
    return {}, 201


@not_money_moving(reason="reads only")
async def search():
    return []


def post(body):
    """No operation names it."""
    return body
