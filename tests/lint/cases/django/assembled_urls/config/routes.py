from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from django.conf import settings
from django.conf.urls.i18n import i18n_patterns
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, include, path, re_path
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

import savings.urls
from config.registry import TABLE, post
from savings import views as savings_views
from wallet import views
from wallet.urls import urlpatterns as wallet_patterns

if TYPE_CHECKING:
    from collections.abc import Iterable

handler404 = "wallet.views.not_found"
handler500 = views.server_error

urlpatterns: list[URLPattern] = [
    path("first/", views.first),
]

urlpatterns += [
    path("second/", views.second),
    *wallet_patterns,
]
urlpatterns = urlpatterns + [path("third/", views.third)]
urlpatterns.append(path("fourth/", views.fourth))
urlpatterns.extend([post("fifth/", views.fifth)])
urlpatterns.insert(0, re_path(r"^sixth/$", views.sixth))

if settings.DEBUG:
    urlpatterns += [path("debug/topup/", views.debug_topup)]
else:
    urlpatterns += [path("topup/", views.topup)]

for slug, view in TABLE:
    urlpatterns.append(path(f"table/{slug}/", view))

BY_NAME = {"open": savings_views.open_pot, "close": savings_views.close_pot}
urlpatterns += [path(f"pots/{name}/", csrf_exempt(view)) for name, view in BY_NAME.items()]

for name in ("sweep", "roundup"):
    urlpatterns += [path(f"pots/{name}/", getattr(savings_views, name))]

urlpatterns += i18n_patterns(
    path("localised/", views.localised),
    prefix_default_language=False,
)


def versioned(routes: Iterable[tuple[str, Callable[[HttpRequest], HttpResponse]]]) -> list[URLPattern]:
    return [path(f"v{version}/{route}", view) for version in (1, 2) for route, view in routes]


urlpatterns += versioned([("move/", views.move), ("undo/", require_POST(views.undo))])
urlpatterns += [path("savings/", include(savings.urls)), path("inline/", include([path("x/", views.inline)]))]
