"""Views of well-known packages that only show something: documentation, metrics, health, site maps.

Source: drf_yasg/views.py, drf_spectacular/views.py and rest_framework/schemas (views with a ``get`` alone),
django_prometheus/exports.py, health_check/views.py, django/contrib/sitemaps/views.py, watchman/views.py.
"""

from __future__ import annotations

from idem_lint.engine.value_types import Applied, External, Func, Made, Member, Value
from idem_lint.frameworks.django.unrouted_views import is_wrapper

_PACKAGES = (
    "drf_yasg.",
    "drf_spectacular.",
    "rest_framework.schemas.",
    "rest_framework.documentation.",
    "rest_framework_swagger.",
    "django_prometheus.",
    "health_check.",
    "watchman.",
    "django.contrib.sitemaps.",
)


def only_shows(view: Value) -> bool:
    """Whether a view is one of theirs, made or wrapped in whatever way."""
    while not isinstance(view, External):
        if isinstance(view, Applied):
            view = view.target
        elif isinstance(view, Made):
            view = view.callee
        elif isinstance(view, Member):
            view = view.owner
        elif isinstance(view, Func) and is_wrapper(view) and _given(view):
            view = _given(view)[0]
        else:
            return False
    return view.name.startswith(_PACKAGES)


def _given(wrapper: Func) -> list[Value]:
    """What a decorator's wrapper was made for, where a package's view was given to the decorator."""
    around = id(wrapper.scope.node)
    return [
        value
        for (scope, _), value in wrapper.environment.items()
        if scope == around and isinstance(value, External)
    ]
