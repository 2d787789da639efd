from django.contrib import admin

from pay.models import CardPayment, FeeRule


class Shown(admin.ModelAdmin):
    actions = ["capture"]

    # moves: likely  kind: direct  entry: admin  chain: Shown.capture  why: the rows are of the model that the site shows by a class below this one
    def capture(self, request, queryset):
        for row in queryset:
            row.state = request.POST["state"]  # writes: direct
            row.save()


class PaymentAdmin(Shown):
    def has_add_permission(self, request):
        return False


# moves: no  entry: admin  why: rows of no movement
@admin.action(description="Enable")
def enable(modeladmin, request, queryset):
    for row in queryset:
        assert isinstance(row, FeeRule)
        row.state = request.POST["state"]


# moves: likely  kind: direct  entry: admin  chain: settle  why: the function says itself of which class the rows are
@admin.action(description="Settle")
def settle(modeladmin, request, queryset):
    for row in queryset:
        assert isinstance(request.user, object)
        assert isinstance(row, CardPayment)
        row.state = request.POST["state"]  # writes: direct


@admin.register(FeeRule)
class RuleAdmin(admin.ModelAdmin):
    actions = [enable, settle]


admin.site.register(CardPayment, PaymentAdmin)
admin.AdminSite("other").register(CardPayment, PaymentAdmin)
