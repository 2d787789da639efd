"""IDM007: a view that takes whatever comes."""

from __future__ import annotations

from collections.abc import Iterator

from idem_lint.result_types import FileReport, Finding, Handler
from idem_lint.rules.rule import Rule, RuleSettings, in_domain
from idem_lint.rules.shared_phrases import RETRY, decide, full_name, short_name, undecided, within


class AnyMethodView(Rule):
    code = "IDM007"
    name = "any-method-view"
    summary = (
        "A view in a money domain accepts every HTTP method and carries no mark: restrict it or mark it."
    )
    why = (
        "A Django function view without a method check, or a route for `*`, answers POST too, also when it was written "
        "for GET. Either it moves money on POST, then ADR-007 wants the mark, or it should refuse POST."
    )
    bad = """\
from django.http import HttpRequest, JsonResponse
from django.urls import path


def transfer(request: HttpRequest) -> JsonResponse:
    if request.method == "POST":
        return JsonResponse({"moved": request.POST["amount"]})
    return JsonResponse({"limit": 100})


urlpatterns = [path("wallet/transfers", transfer)]
"""
    good = """\
from django.http import HttpRequest, JsonResponse
from django.urls import path
from django.views.decorators.http import require_GET, require_POST

from idem_runtime import money_moving


@require_POST
@money_moving
def transfer(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"moved": request.POST["amount"]})


@require_GET
def limits(request: HttpRequest) -> JsonResponse:
    return JsonResponse({"limit": 100})


urlpatterns = [path("wallet/transfers", transfer), path("wallet/limits", limits)]
"""

    def check(self, report: FileReport, settings: RuleSettings) -> Iterator[Finding]:
        for handler in in_domain(report):
            if handler.evidence == "any-method" and undecided(handler):
                route = f" at {handler.route}" if handler.route else ""
                message = (
                    f"`{full_name(handler)}`{within(handler.domain)} accepts every method{route}, POST included, "
                    f"without a mark: {RETRY}"
                )
                yield self.on(handler, message, f"{_restrict(handler)}; or {decide(handler)}")


def _restrict(handler: Handler) -> str:
    """How to say which methods a view answers."""
    if not handler.framework.lower().startswith("django"):
        return "restrict it to the methods it needs, methods=[…]"
    is_lambda = short_name(handler) == "<lambda>"
    if handler.is_defined and not is_lambda:
        return "restrict it to the methods it needs, @require_GET or @require_http_methods([…])"
    view = "lambda …" if is_lambda else full_name(handler)
    return f"restrict it to the methods it needs where it is registered, require_GET({view})"
