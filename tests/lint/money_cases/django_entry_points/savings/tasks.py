from celery import shared_task

from savings.models import SavingsAccount, accrue


# moves: likely  kind: direct  entry: task  chain: nightly -> accrue
@shared_task
def nightly():
    for account in SavingsAccount.objects.all():
        accrue(account, account.balance / 365)


# moves: no  entry: task  why: it reads
@shared_task
def remind():
    return SavingsAccount.objects.filter(balance=0).count()
