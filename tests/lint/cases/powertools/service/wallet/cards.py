import aws_lambda_powertools.event_handler.router as pt

router = pt.APIGatewayRouter()
WRITE = ["POST"]


@router.post("/wallet/cards")
def create():
    return {}


@router.route(rule="/wallet/cards/block", method=WRITE)
async def create():  # noqa: F811
    return {}


@router.delete("/wallet/cards")
def create():  # noqa: F811
    return {}
