from __future__ import annotations

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views.decorators.http import require_POST

from idem_runtime import money_moving
from wallet.models import Payout


@admin.register(Payout)
class PayoutAdmin(admin.ModelAdmin):
    actions = ["release"]
    list_display = ["amount"]

    def get_urls(self) -> list[URLPattern]:
        own = [
            path("<int:pk>/approve/", self.admin_site.admin_view(self.approve_view), name="approve"),
            path("sweep/", self.admin_site.admin_view(require_POST(self.sweep))),
            path("report/", self.admin_site.admin_view(self.report, cacheable=True)),
            path("raw/", self.raw),
        ]
        return own + super().get_urls()

    @money_moving
    def approve_view(self, request: HttpRequest, pk: int) -> HttpResponse:
        return JsonResponse({"approved": pk})

    def sweep(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def report(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    def raw(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    @admin.action(description="Release")
    def release(self, request: HttpRequest, queryset: QuerySet[Payout]) -> None:
        """An action runs inside the framework's change list: no route of its own."""
        queryset.update(amount=0)

    def save_model(self, request: HttpRequest, obj: Payout, form: object, change: bool) -> None:
        super().save_model(request, obj, form, change)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return request.method == "POST"
