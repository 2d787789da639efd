from django.urls import path
from django.views import View
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET
from rest_framework import viewsets

from ledger import book


@require_GET
def by_link(request):  # want IDM102
    book("a", 1)


class Account(View):
    def get(self, request):
        return None

    def put(self, request):  # want IDM102
        book("a", 1)

    @method_decorator(never_cache)
    def delete(self, request):  # want IDM102
        book("a", 1)

    def change(self, request):  # want IDM102
        book("a", 1)

    patch = never_cache(change)
    put_later = None


class NoMethod(View):
    patch = None


class Restricted(View):
    http_method_names = ["get"]

    def put(self, request):
        book("a", 1)


class Accounts(viewsets.ModelViewSet):
    def perform_update(self, serializer):  # want IDM102
        book("a", 1)


class Plain:
    def put(self):
        book("a", 1)


urlpatterns = [path("links", by_link), path("accounts", Account.as_view())]
