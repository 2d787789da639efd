from __future__ import annotations

from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from idem_runtime import money_moving


class ReversibleMixin:
    @action(detail=True, methods=["post"])
    def reverse(self, request: Request, pk: str) -> Response:
        return Response({"reversed": pk})


class BaseViewSet(GenericViewSet):
    def get_queryset(self):
        return super().get_queryset()


def post_action(**options):
    """The project's shorthand for a money action."""

    def decorate(method):
        return action(methods=["post"], detail=True, **options)(money_moving(method))

    return decorate
