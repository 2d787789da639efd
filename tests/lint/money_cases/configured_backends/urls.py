from django.urls import path

from pay import views

urlpatterns = [
    path("pay/by-name", views.by_name),
    path("pay/by-setting", views.by_setting),
    path("pay/<str:provider>", views.charge_through_module),
    path("pay/by-plugin", views.pay_by_plugin),
    path("pay/which", views.which_backend),
]
