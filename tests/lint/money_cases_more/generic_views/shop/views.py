from django.http import HttpResponse
from django.views import View
from django.views.generic import DetailView
from django.views.generic.edit import FormMixin

from shop.models import Deposit, Import


class AbstractRun(DetailView):
    model = Import
    dry_run = True

    def post(self, request, *args, **kwargs):
        rows = [Deposit(account="a", amount=1)]
        if not self.dry_run:
            Deposit.objects.bulk_create(rows)  # writes: direct
        return HttpResponse(status=204)


# moves: no  why: an attribute of the class is off
class DryRun(AbstractRun):
    dry_run = True


# moves: likely  kind: direct  chain: Run -> AbstractRun.post  why: an attribute of the class is on
class Run(AbstractRun):
    dry_run = False


class Saving:
    def save(self, amount):
        Deposit.objects.create(account="b", amount=amount)  # writes: direct


class Checking:
    def save(self, amount):
        return amount > 0


class Template(View):
    def post(self, request):
        self.save(request.POST["amount"])
        return HttpResponse(status=204)


# moves: likely  kind: direct  chain: SaveDeposit -> Template.post -> Saving.save  why: the order of the bases decides
class SaveDeposit(Saving, Template):
    pass


# moves: no  why: another mixin
class CheckDeposit(Checking, Template):
    pass


class Posted(FormMixin, View):
    # moves: no  why: the form is shown again and nothing is saved
    def post(self, request):
        return HttpResponse(self.get_form().is_valid())
