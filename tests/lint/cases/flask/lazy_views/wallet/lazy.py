"""Flask's documented pattern for large applications: the view is imported at its first request."""

from importlib import import_module

from werkzeug.utils import cached_property, import_string


class LazyView:
    def __init__(self, import_name):
        self.__module__, self.__name__ = import_name.rsplit(".", 1)
        self.import_name = import_name

    @cached_property
    def view(self):
        return import_string(self.import_name)

    def __call__(self, *args, **kwargs):
        return self.view(*args, **kwargs)


class Later:
    def __init__(self, module, name):
        self.module, self.__name__ = module, name

    def __call__(self, *args, **kwargs):
        answer = self.load()(*args, **kwargs)
        return answer

    def load(self):
        return getattr(import_module(self.module), self.__name__)


class Limited:
    """It does something itself, so it is the handler."""

    __name__ = "limited"

    def __call__(self, *args, **kwargs):
        return {"limit": 3}


def init_app(app):
    def url(rule, import_name, **options):
        app.add_url_rule(rule, view_func=LazyView(f"wallet.{import_name}"), **options)

    url("/wallet/lazy", "views.lazy", methods=["POST"])
    url("/wallet/lazy-read", "views.lazy_read")
    app.add_url_rule("/wallet/later", view_func=Later("wallet.views", "later"), methods=["POST"])
    app.add_url_rule("/wallet/limited", view_func=Limited(), methods=["POST"])
