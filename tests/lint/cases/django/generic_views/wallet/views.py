from __future__ import annotations

from django import forms
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.utils.decorators import method_decorator
from django.views import generic
from django.views.generic import CreateView, FormView, ListView, RedirectView, TemplateView
from django.views.generic.detail import SingleObjectMixin
from django.views.generic.edit import DeleteView, FormMixin, ProcessFormView, UpdateView

from idem_runtime import money_moving, not_money_moving
from wallet.forms import TopUpForm
from wallet.models import Payment


class PaymentList(ListView):
    model = Payment

    def get_queryset(self):
        return Payment.objects.filter(approved=True)


@method_decorator(money_moving, name="post")
class PaymentCreate(CreateView):
    model = Payment
    fields = ["amount"]
    success_url = "/payments/"

    def form_valid(self, form: forms.ModelForm) -> HttpResponse:
        form.instance.approved = True
        return super().form_valid(form)


class PaymentUpdate(UpdateView):
    model = Payment
    fields = ["amount"]


class PaymentCancel(DeleteView):
    model = Payment
    success_url = "/payments/"


class Approve(SingleObjectMixin, generic.FormView):
    model = Payment
    form_class = forms.Form

    def form_valid(self, form: forms.Form) -> HttpResponse:
        return HttpResponseRedirect("/payments/")


class FrozenPayment(UpdateView):
    """Only shows the form."""

    http_method_names = ["get"]
    model = Payment
    fields = ["amount"]


@method_decorator(not_money_moving(reason="asks the rail, which dedupes by itself"), name="dispatch")
class TopUp(FormView):
    form_class = TopUpForm
    template_name = "wallet/topup.html"

    def form_valid(self, form: TopUpForm) -> HttpResponse:
        form.save()
        return super().form_valid(form)


class Moved(RedirectView):
    """Redirects answer every method: Django's RedirectView has a post."""

    pattern_name = "payments"


class Page(TemplateView):
    template_name = "wallet/page.html"


class SearchPage(FormMixin, ListView):
    """A form that is sent by GET: no post in any base."""

    form_class = TopUpForm
    model = Payment


class GuardedTopUp(FormMixin, ProcessFormView, generic.base.TemplateResponseMixin):
    form_class = TopUpForm
    template_name = "wallet/topup.html"


class OwnPost(generic.CreateView):
    model = Payment
    fields = ["amount"]

    @money_moving
    def post(self, request: HttpRequest, *args, **kwargs) -> HttpResponse:
        if "confirm" not in request.POST:
            return JsonResponse({"confirm": False})
        return super().post(request, *args, **kwargs)
