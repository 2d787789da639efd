from django.http import HttpResponse
from django.views.decorators.http import require_POST

from orders.models import GiftCard, Order, Redemption, Shipment, order_confirmed, order_viewed


# moves: likely  kind: direct  chain: place_order -> book_order  why: post_save of Order books it
@require_POST
def place_order(request):
    Order.objects.create(customer=request.POST["customer"], total=request.POST["total"])
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: confirm_order -> book_revenue  why: the receiver of a signal of the project
@require_POST
def confirm_order(request, pk):
    order = Order.objects.get(pk=pk)
    order_confirmed.send(sender=Order, order=order)
    return HttpResponse(status=204)


# moves: likely  kind: direct  chain: redeem -> Redemption.save  why: an overridden save
@require_POST
def redeem(request, code):
    Redemption(card=GiftCard.objects.get(code=code), amount=request.POST["amount"]).save()
    return HttpResponse(status=204)


# moves: no  why: another model's rows have no receiver
@require_POST
def ship(request, pk):
    Shipment.objects.create(order_id=pk)
    return HttpResponse(status=204)


# moves: no  why: the receiver counts views
@require_POST
def view_order(request, pk):
    order_viewed.send(sender=Order, order=Order.objects.get(pk=pk))
    return HttpResponse(status=204)
