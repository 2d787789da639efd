"""View without methods: GET, unless the rule or the class says otherwise."""

from flask.views import View

from idem_runtime import money_moving


class Render(View):
    def dispatch_request(self):
        return "page"


class Form(View):
    def dispatch_request(self):
        return "form"


class Upload(View):
    methods = ("GET", "POST")
    decorators = [money_moving]

    def dispatch_request(self):
        return "upload"


def audited(view):
    def seen(*args, **kwargs):
        return view(*args, **kwargs)

    return seen


class Legacy(View):
    methods = {"POST"}
    decorators = [audited]

    def dispatch_request(self):
        return "legacy"


def register(app):
    app.add_url_rule("/wallet/render", view_func=Render.as_view("render"))
    app.add_url_rule("/wallet/form", view_func=Form.as_view("form"), methods=["GET", "POST"])
    app.add_url_rule("/wallet/upload", view_func=Upload.as_view("upload"))
    app.add_url_rule("/wallet/legacy", view_func=audited(Legacy.as_view("legacy")), methods=Legacy.methods)
