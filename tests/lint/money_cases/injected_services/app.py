from fastapi import Depends, FastAPI

from services import COMMANDS, Desk, DryPayout, LoggedPayout, Payout, Service

app = FastAPI()


def service() -> Service:
    return Service()


class Endpoints:
    def __init__(self, payouts: Payout) -> None:
        self.payouts = payouts

    # moves: likely  kind: external  chain: Endpoints.pay_out -> Movement.run -> Payout.execute  why: a bound method is the handler
    def pay_out(self, cents: int) -> str:
        return self.payouts.run(cents)


# moves: likely  kind: external  chain: settle -> Service.settle -> CardRail.pay  why: a Protocol with one implementation
@app.post("/settle")
def settle(account: str, cents: int, service: Service = Depends(service)) -> str:
    return service.settle(account, cents)


# moves: likely  kind: external  chain: settle_at_desk -> Desk.settle -> CardRail.pay  why: a field of a model makes it
@app.post("/desk")
def settle_at_desk(account: str, cents: int) -> str:
    return Desk().settle(account, cents)


# moves: no  why: a property that reads
@app.post("/label")
def label(service: Service = Depends(service)) -> str:
    return service.label


# moves: no  why: this subclass pays nothing
@app.post("/payouts/dry")
def dry(cents: int) -> str:
    return DryPayout().run(cents)


# moves: likely  kind: external  chain: logged -> Movement.run -> LoggedPayout.execute -> Payout.execute
@app.post("/payouts/logged")
def logged(cents: int) -> str:
    return LoggedPayout().run(cents)


# moves: likely  kind: external  chain: command -> refund  why: any of the registry's functions may run
@app.post("/commands/{name}")
def command(name: str, charge: str) -> str:
    return COMMANDS[name](charge)


# moves: no  why: one function of the registry, and it reads
@app.post("/describe")
def describe_charge(charge: str) -> str:
    return COMMANDS["describe"](charge)


app.add_api_route("/payouts", Endpoints(Payout()).pay_out, methods=["POST"])
