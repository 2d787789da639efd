from django.urls import path

from orders import views

urlpatterns = [
    path("orders", views.place_order),
    path("orders/<int:pk>/confirm", views.confirm_order),
    path("cards/<str:code>/redeem", views.redeem),
    path("orders/<int:pk>/ship", views.ship),
    path("orders/<int:pk>/view", views.view_order),
]
