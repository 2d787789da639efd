from django.urls import path

from savings import views

urlpatterns = [
    path("accounts/<int:pk>/accrue", views.accrue_by_link),
    path("accounts/<int:pk>/balance", views.Balance.as_view()),
    path("reminders", views.Reminders.as_view()),
]
