from django.urls import path

from pay import views

urlpatterns = [
    path("provider-says", views.provider_says),
    path("code", views.by_code),
    path("note", views.note),
    path("fail", views.fail),
    path("swapped", views.swapped),
    path("swapped-rule", views.swapped_rule),
    path("columns", views.columns),
    path("columns-of-a-rule", views.columns_of_a_rule),
    path("checked", views.checked),
    path("filtered", views.filtered),
    path("event", views.event),
    path("told", views.told),
    path("form", views.NewPayment.as_view()),
    path("order", views.order),
    path("notice", views.notice),
    path("captured", views.Captured.as_view()),
    path("saved", views.saved),
    path("named-by-setting", views.named_by_setting),
    path("unnamed", views.unnamed),
    path("kept-beside", views.kept_beside),
    path("asked", views.asked),
    path("by-member", views.by_member),
    path("never", views.never),
    path("rule", views.NewRule.as_view()),
]
