from aws_lambda_powertools.event_handler import APIGatewayHttpResolver

from wallet.routes import TABLE, Routes, command, money_command, router

app = APIGatewayHttpResolver()
app.include_router(router)
Routes(app)

for rule, method, view in TABLE:
    app.route(rule, method)(view)


@command(app, "/wallet/transfers")
def transfer():
    return {}


@money_command(app, "/wallet/deposits")
def deposit():
    return {}


def handler(event, context):
    return app(event, context)
