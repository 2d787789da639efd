from __future__ import annotations

from django import forms
from django.http import HttpRequest


class PayForm(forms.Form):
    amount = forms.IntegerField()

    def __init__(self, request: HttpRequest) -> None:
        super().__init__(request.POST if request.method == "POST" else None)
        self.request = request

    def post(self) -> int:
        return int(self.cleaned_data["amount"])

    def clean(self) -> dict[str, object]:
        return super().clean()
