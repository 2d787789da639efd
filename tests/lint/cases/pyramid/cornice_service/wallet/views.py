from cornice import Service
from cornice.resource import resource, view

from idem_runtime import money_moving

transfers = Service(name="transfers", path="/wallet/transfers", description="money out")
deposits = Service(name="deposits", path="/wallet/deposits")


def has_amount(request, **kwargs):
    return None


@transfers.get()
def history(request):
    return []


@transfers.post(validators=(has_amount,))
def transfer(request):
    return {}


@deposits.post(accept="application/json")
@money_moving
def deposit(request):
    return {}


@deposits.put()
def change(request):
    return {}


@resource(collection_path="/wallet/cards", path="/wallet/cards/{id}")
class Cards:
    def __init__(self, request, context=None):
        self.request = request

    def collection_get(self):
        return []

    @view(validators=(has_amount,))
    def collection_post(self):
        return {}

    def get(self):
        return {}

    def put(self):
        return {}


@resource(path="/wallet/limits/{name}")
class Limits:
    def __init__(self, request, context=None):
        self.request = request

    def post(self):
        return {}

    def create(self):
        return {}
