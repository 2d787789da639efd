from aws_lambda_powertools.event_handler import ALBResolver

app = ALBResolver()


@app.post("/wallet/transfers")
def transfer():
    return {}


@app.get("/wallet/transfers")
def transfers():
    return []


def handler(event, context):
    return app.resolve(event, context)
