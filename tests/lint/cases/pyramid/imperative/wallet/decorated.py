from pyramid.view import view_config


class command(view_config):
    """The company's view_config."""

    def __init__(self, **settings):
        settings.setdefault("request_method", "POST")
        settings.setdefault("renderer", "json")
        super().__init__(**settings)


@command(name="subclassed", context=list)
def subclassed(context, request):
    return {}


@command(name="subclassed-read", context=list, request_method="GET")
def subclassed_read(context, request):
    return {}


def nested():
    @view_config(name="nested", context=list, request_method="POST")
    def inner(context, request):
        return {}

    return inner


exposed = nested()
