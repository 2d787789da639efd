from django.contrib import admin

from savings.models import Interest, SavingsAccount, accrue


@admin.action(description="Pay interest now")
# moves: likely  kind: direct  entry: admin  chain: pay_interest -> accrue
def pay_interest(modeladmin, request, queryset):
    for account in queryset:
        accrue(account, 1)


@admin.register(SavingsAccount)
class SavingsAccountAdmin(admin.ModelAdmin):
    actions = [pay_interest, "close"]

    # moves: likely  kind: direct  entry: admin  chain: SavingsAccountAdmin.save_model
    def save_model(self, request, obj, form, change):
        obj.balance += form.cleaned_data["adjustment"]  # writes: direct
        super().save_model(request, obj, form, change)

    # moves: no  entry: admin  why: it closes without money
    @admin.action(description="Close")
    def close(self, request, queryset):
        queryset.update(owner="")


# moves: likely  kind: direct  entry: site  chain: InterestAdmin  writes: direct  why: an admin site adds and edits movements by hand
@admin.register(Interest)
class InterestAdmin(admin.ModelAdmin):
    list_display = ["account", "amount"]
