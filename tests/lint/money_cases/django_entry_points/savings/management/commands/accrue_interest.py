from django.core.management.base import BaseCommand

from savings.models import SavingsAccount, accrue


class Command(BaseCommand):
    # moves: likely  kind: direct  entry: command  chain: Command.handle -> accrue
    def handle(self, *args, **options):
        for account in SavingsAccount.objects.all():
            accrue(account, account.balance / 100)
