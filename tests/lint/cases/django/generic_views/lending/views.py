from __future__ import annotations

import django.views.generic.edit
from django.views.generic import ListView

from wallet.models import Payment


class Repay(django.views.generic.edit.UpdateView):
    model = Payment
    fields = ("amount",)


class RepaymentList(ListView):
    model = Payment
