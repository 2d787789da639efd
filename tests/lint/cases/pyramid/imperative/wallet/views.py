from idem_runtime import money_moving


def book(request):
    return {}


def lookup(request):
    return {}


def by_name(request):
    return {}


def relative(request):
    return {}


def everything(request):
    return {}


def decorated(context, request):
    return {}


def tabled(request):
    return {}


def tabled_read(request):
    return {}


@money_moving
def commanded(context, request):
    return {}


class Desk:
    def __init__(self, request):
        self.request = request

    def open(self):
        return {}

    def close(self):
        return {}

    def show(self):
        return {}


class Teller:
    def __call__(self, request):
        return {}

    def bound(self, request):
        return {}
