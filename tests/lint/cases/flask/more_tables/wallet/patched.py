"""Django's habits in a Flask project."""

from dataclasses import dataclass, field


@dataclass
class Url:
    rule: str
    view: object
    options: dict = field(default_factory=dict)


def path(rule, view, **options):
    return Url(rule, view, options)


def book():
    return {}


def undo():
    return {}


def history():
    return []


urlpatterns = [
    path("/wallet/book", book, methods=["POST"]),
    path("/wallet/undo", undo, methods=["POST", "DELETE"]),
    path("/wallet/history", history),
]


def install(app):
    for url in urlpatterns:
        app.add_url_rule(url.rule, view_func=url.view, **url.options)
