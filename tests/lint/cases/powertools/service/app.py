from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, CORSConfig
from aws_lambda_powertools.utilities.typing import LambdaContext

from idem_runtime import money_moving
from wallet import calls, cards
from wallet.transfers import router

logger = Logger(service="wallet")
app = APIGatewayRestResolver(cors=CORSConfig(allow_origin="https://bank.example"))
app.include_router(router, prefix="/wallet")
app.include_router(cards.router)
calls.install(app)


@app.get("/health")
def health():
    return {"ok": True}


@app.post("/wallet/payouts", compress=True)
@money_moving
def pay_out():
    return app.current_event.json_body


@app.exception_handler(LookupError)
def missing(error):
    return {"code": "not_found"}


@app.not_found
def unknown(error):
    return {}


@logger.inject_lambda_context
def lambda_handler(event: dict, context: LambdaContext) -> dict:
    return app.resolve(event, context)
