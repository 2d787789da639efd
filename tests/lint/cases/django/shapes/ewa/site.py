from __future__ import annotations

from functools import cached_property

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.urls import URLPattern, path
from django.views import View


class Portal:
    """An application object in the manner of AdminSite."""

    def __init__(self) -> None:
        self.title = "Advances"

    @cached_property
    def urls(self) -> list[URLPattern]:
        return [
            path("advance/", self.advance),
            path("settings/", self.Settings.as_view()),
            path("static/", self.static_help),
            path("class/", self.class_help),
        ]

    def advance(self, request: HttpRequest) -> HttpResponse:
        return JsonResponse({"title": self.title})

    @staticmethod
    def static_help(request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    @classmethod
    def class_help(cls, request: HttpRequest) -> HttpResponse:
        return JsonResponse({})

    class Settings(View):
        def post(self, request: HttpRequest) -> HttpResponse:
            return JsonResponse({})
