from __future__ import annotations

from django.db import models
from rest_framework import serializers, viewsets


def crud_viewset(of: type[models.Model], by: type[serializers.Serializer]) -> type[viewsets.ModelViewSet]:
    """One class body for every resource: those that move money and those that do not."""

    class Crud(viewsets.ModelViewSet):
        queryset = of.objects.all()
        serializer_class = by

    return Crud
