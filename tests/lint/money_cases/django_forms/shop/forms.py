from django import forms

from shop.models import Donation, PricingRule, Refund, Voucher


class DonationForm(forms.ModelForm):
    class Meta:
        model = Donation
        fields = ["donor", "amount"]


class PricingRuleForm(forms.ModelForm):
    class Meta:
        model = PricingRule
        fields = ["name", "amount"]


class RefundForm(forms.Form):
    amount = forms.DecimalField()

    def save(self, donation):
        return Refund.objects.create(donation=donation, amount=self.cleaned_data["amount"])  # writes: direct


class RedeemForm(forms.Form):
    code = forms.CharField()

    def redeem(self):
        voucher = Voucher.objects.get(code=self.cleaned_data["code"])
        voucher.remaining_balance = 0  # writes: direct
        voucher.save()


class SearchForm(forms.Form):
    donor = forms.CharField()
