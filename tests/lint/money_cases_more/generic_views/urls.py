from django.urls import path

from shop import views

urlpatterns = [
    path("imports/<int:pk>/dry-run", views.DryRun.as_view()),
    path("imports/<int:pk>/run", views.Run.as_view()),
    path("deposits", views.SaveDeposit.as_view()),
    path("deposits/check", views.CheckDeposit.as_view()),
    path("deposits/form", views.Posted.as_view()),
]
