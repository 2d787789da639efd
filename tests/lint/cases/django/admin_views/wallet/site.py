from __future__ import annotations

from django.contrib.admin import AdminSite
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import path


class OperationsSite(AdminSite):
    def get_urls(self):
        return [path("freeze/", self.admin_view(self.freeze)), *super().get_urls()]

    def freeze(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"frozen": True})

    def each_context(self, request: HttpRequest) -> dict[str, object]:
        return {**super().each_context(request), "desk": request.POST.get("desk")}


operations = OperationsSite(name="operations")
