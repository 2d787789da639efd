from django.urls import path

from shop import views

urlpatterns = [
    path("orders/<str:order>/capture", views.after_commit),
    path("orders/<str:order>/capture-partial", views.after_commit_partial),
    path("orders/<str:order>/capture-pool", views.in_a_pool),
    path("orders/<str:order>/capture-thread", views.in_a_thread),
    path("orders/capture", views.mapped),
    path("orders/<str:order>/capture-guarded", views.decorated),
    path("orders/<str:order>/capture-nested", views.nested),
    path("orders/<str:order>/tell", views.tell_after_commit),
    path("orders/<str:order>/names", views.names_only),
]
