from __future__ import annotations

from django.urls import path

from savings import views

routes = (("interest/", views.interest),)
urlpatterns = [path(*route) for route in routes]
