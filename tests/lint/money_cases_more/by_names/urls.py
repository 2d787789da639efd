from django.urls import path

from desk import views

urlpatterns = [
    path("registered", views.registered),
    path("looked-at", views.looked_at),
    path("events", views.Events.as_view()),
    path("notes", views.Notes.as_view()),
    path("actions", views.Actions.as_view()),
    path("correct", views.correct),
    path("reprice", views.reprice),
]
