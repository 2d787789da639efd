from django.views.generic import CreateView, FormView, UpdateView

from shop.forms import DonationForm, PricingRuleForm, RedeemForm, RefundForm, SearchForm
from shop.models import Donation, PricingRule, Refund


# moves: likely  kind: direct  chain: Donate  writes: direct  why: CreateView saves its form's model
class Donate(CreateView):
    form_class = DonationForm
    success_url = "/"


# moves: likely  kind: direct  chain: DonateWithModel  writes: direct  why: CreateView makes the form from its model
class DonateWithModel(CreateView):
    model = Donation
    fields = ["donor", "amount"]
    success_url = "/"


# moves: likely  kind: direct  chain: RefundView -> RefundView.form_valid -> RefundForm.save
class RefundView(FormView):
    form_class = RefundForm
    success_url = "/"

    def form_valid(self, form):
        form.save(Donation.objects.get(pk=self.kwargs["pk"]))
        return super().form_valid(form)


class FormSaving(FormView):
    success_url = "/"

    def form_valid(self, form):
        self.process(form)
        return super().form_valid(form)


# moves: likely  kind: direct  chain: Redeem -> FormSaving.form_valid -> Redeem.process -> RedeemForm.redeem
class Redeem(FormSaving):
    form_class = RedeemForm

    def process(self, form):
        form.redeem()


# moves: no  why: a search
class Search(FormSaving):
    form_class = SearchForm

    def process(self, form):
        self.found = Donation.objects.filter(donor=form.cleaned_data["donor"])


# moves: no  why: a pricing rule is configuration
class EditRule(UpdateView):
    model = PricingRule
    form_class = PricingRuleForm
    success_url = "/"


# moves: likely  kind: direct  chain: EditRefund  writes: direct  why: an UpdateView of a movement changes its amount
class EditRefund(UpdateView):
    model = Refund
    fields = ["amount"]
    success_url = "/"
