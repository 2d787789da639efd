from aws_lambda_powertools.event_handler import LambdaFunctionUrlResolver

service = LambdaFunctionUrlResolver()


@service.post("/wallet/transfers")
def transfer():
    return {}


@service.get("/wallet/transfers")
def transfers():
    return []


def handler(event, context):
    return service.resolve(event, context)


class Money(LambdaFunctionUrlResolver):
    def command(self, rule):
        return self.route(rule, method=["POST"])


money = Money()


@money.command("/wallet/deposits")
def deposit():
    return {}
