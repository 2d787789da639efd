from django.urls import include, path
from rest_framework.routers import SimpleRouter

from api import views

router = SimpleRouter()
router.register("payouts", views.PayoutViewSet)
router.register("accounts", views.AccountViewSet)

urlpatterns = [
    path("transactions", views.TransactionCreate.as_view()),
    path("tickets", views.TicketCreate.as_view()),
    path("charges", views.Charge.as_view()),
    path("charges/validate", views.Validate.as_view()),
    path("accounts/<int:pk>/adjust", views.adjust),
    path("", include(router.urls)),
]
