from django.http import HttpResponse
from django.views import View
from django.views.decorators.http import require_GET

from savings.models import SavingsAccount, accrue
from savings.tasks import nightly, remind


# moves: likely  kind: direct  entry: get  chain: accrue_by_link -> accrue
@require_GET
def accrue_by_link(request, pk):
    accrue(SavingsAccount.objects.get(pk=pk), 1)
    return HttpResponse(status=204)


class Balance(View):
    # moves: likely  kind: direct  entry: put  chain: Balance.put
    def put(self, request, pk):
        SavingsAccount.objects.filter(pk=pk).update(balance=request.GET["balance"])  # writes: direct
        return HttpResponse(status=204)

    # moves: likely  kind: direct  chain: Balance.post -> nightly -> accrue  why: deferred to a worker
    def post(self, request, pk):
        nightly.delay()
        return HttpResponse(status=202)

    # moves: no  entry: get  why: it reads
    def get(self, request, pk):
        return HttpResponse(SavingsAccount.objects.get(pk=pk).balance)


class Reminders(View):
    # moves: no  why: the task that is queued reads
    def post(self, request):
        remind.apply_async(countdown=5)
        return HttpResponse(status=202)
