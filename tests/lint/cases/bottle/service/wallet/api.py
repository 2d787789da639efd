from bottle import Bottle

from idem_runtime import money_moving


class Api(Bottle):
    def command(self, path):
        return self.route(path, method="POST")


api = Api()


@api.post("/transfers")
def transfer():
    return {}


@api.command("/deposits")
@money_moving
def deposit():
    return {}


@api.route("/rates")
def rates():
    return {}


@api.delete("/cards/<card:int>")
@api.post("/cards/<card:int>")
def card(card):
    return {}
