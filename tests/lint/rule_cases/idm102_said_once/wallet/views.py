from django.urls import path
from drf_spectacular.utils import extend_schema
from rest_framework.generics import GenericAPIView
from rest_framework.viewsets import GenericViewSet

from wallet.models import Payment


class Balance(GenericAPIView):
    @extend_schema(summary="cancels what is due")
    def delete(self, request):  # want IDM102
        return self.destroy(request)

    def destroy(self, request):
        Payment.objects.create(amount=1, account=request.user)


class Statement(GenericAPIView):
    def put(self, request):  # want IDM102
        return self.update(request)

    def update(self, request):
        return self.perform_update(request)

    def perform_update(self, request):
        Payment.objects.create(amount=1, account=request.user)


class Payments(GenericViewSet):
    def update(self, request):  # want IDM102
        Payment.objects.create(amount=1, account=request.user)

    def partial_update(self, request):  # want IDM102
        return self.update(request)

    def destroy(self, request):  # want IDM102
        Payment.objects.create(amount=1, account=request.user)


urlpatterns = [path("balance", Balance.as_view()), path("statement", Statement.as_view())]
