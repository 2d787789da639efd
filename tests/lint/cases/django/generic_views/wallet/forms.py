from __future__ import annotations

from django import forms

from wallet.models import Payment


class TopUpForm(forms.Form):
    amount = forms.IntegerField()

    def save(self) -> Payment:
        return Payment.objects.create(amount=self.cleaned_data["amount"])
