from aws_lambda_powertools.event_handler import BedrockAgentResolver

from idem_runtime import money_moving

app = BedrockAgentResolver()


@app.post("/wallet/transfers", description="Moves money")
@money_moving
def transfer() -> dict:
    return {}


@app.get("/wallet/balance", description="Says how much there is")
def balance() -> dict:
    return {}
