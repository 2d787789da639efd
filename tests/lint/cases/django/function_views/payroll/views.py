from __future__ import annotations

from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse
from django.shortcuts import redirect
from django.views.decorators.csrf import csrf_exempt

from idem_runtime import money_moving


def runs(request: HttpRequest) -> HttpResponse:
    if request.method == "POST":
        return redirect("/payroll/runs/")
    return JsonResponse({"runs": []})


@money_moving
def approve(request: HttpRequest, run: int) -> HttpResponse:
    if request.method != "POST":
        return HttpResponseNotAllowed(["POST"])
    return JsonResponse({"approved": run})


@csrf_exempt
def legacy_topup(request: HttpRequest, account: str) -> HttpResponse:
    amount = request.POST.get("amount", "0")
    return JsonResponse({"account": account, "amount": amount})


def legacy_adjust(request: HttpRequest, account: str, entry: str) -> HttpResponse:
    return JsonResponse({"account": account, "entry": entry})


def pay(request: HttpRequest) -> HttpResponse:
    return JsonResponse({"paid": True})
