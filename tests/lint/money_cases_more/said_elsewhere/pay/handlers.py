from pay.models import CardPayment
from pay.registry import events, listeners


@events.on("captured")
def captured(data):
    CardPayment.objects.create(amount=data["amount"])  # writes: direct


@events.on("seen")
def seen(data):
    print(data)


def logged(function):
    def inner(data):
        return function(data)

    return inner


@logged
def written(data):
    print(data)


listeners.listen(written)
WRITTEN = "written"
events.add(WRITTEN, written)
