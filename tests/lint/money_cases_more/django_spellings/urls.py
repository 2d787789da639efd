from django.urls import path

from books import views

urlpatterns = [
    path("<int:pk>/related", views.related),
    path("<int:pk>/upsert", views.upsert),
    path("<int:pk>/asynchronous", views.asynchronous),
    path("<int:pk>/from-mapping", views.from_mapping),
    path("<int:pk>/settle", views.settle),
    path("<int:pk>/by-loop", views.by_loop),
    path("<int:pk>/pay-bill", views.pay_bill),
    path("<int:pk>/act", views.act),
    path("<int:pk>/cancel", views.cancel),
    path("<int:pk>/confirm", views.confirm),
    path("<int:pk>/wait", views.wait),
    path("<int:pk>/annotate", views.annotate),
]
