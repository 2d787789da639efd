from django.core.management.base import BaseCommand
from django.db import transaction

from ledger import book


class Base(BaseCommand):
    def handle(self, *args, **options):
        self.move()


class Command(Base):  # want IDM102
    def move(self):
        book("a", 1)


class Wrapped(BaseCommand):
    def move(self, *args, **options):  # want IDM102
        book("a", 1)

    handle = transaction.atomic(move)


class NoMethod(BaseCommand):
    handle = None
