from aws_lambda_powertools.event_handler.vpc_lattice import VPCLatticeV2Resolver

app = VPCLatticeV2Resolver()


@app.post("/wallet/transfers")
def transfer():
    return {}


@app.get("/wallet/transfers")
def transfers():
    return []


def handler(event, context):
    return app.resolve(event, context)
