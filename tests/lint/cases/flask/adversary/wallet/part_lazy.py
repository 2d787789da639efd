"""Flask's documented pattern for large applications: the view is imported at its first request."""

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


def init_app(app):
    def url(rule, import_name, **options):
        app.add_url_rule(rule, view_func=LazyView(f"wallet.{import_name}"), **options)

    url("/wallet/lazy", "views.lazy", methods=["POST"])
    url("/wallet/lazy-read", "views.lazy_read")
