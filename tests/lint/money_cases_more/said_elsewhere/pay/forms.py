from django import forms

from pay.models import CardPayment, FeeRule


class PaymentForm(forms.ModelForm):
    class Meta:
        model = CardPayment
        fields = ["amount"]

    def save(self, commit=True):
        self.instance.note = "by hand"
        return super().save(commit)  # writes: direct


class RuleForm(forms.ModelForm):
    class Meta:
        model = FeeRule
        fields = ["amount"]

    def save(self, commit=True):
        return super().save(commit)


class PlainForm(forms.ModelForm):
    class Meta:
        model = CardPayment
        fields = ["amount"]
