from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

resolver = APIGatewayHttpResolver()


@resolver.post("/wallet/transfers")
def transfer():
    return {}


@resolver.get("/wallet/transfers")
def transfers():
    return []


def handler(event, context):
    return resolver.resolve(event, context)
