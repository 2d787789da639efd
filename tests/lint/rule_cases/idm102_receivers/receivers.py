from blinker import Signal as Blinker
from django.db.models.signals import post_save
from django.dispatch import Signal, receiver
from sqlalchemy import event
from sqlalchemy.orm import Session

from ledger import book

paid = Signal()
blinked = Blinker()


@receiver(post_save)
def on_saved(sender, **kwargs):  # want IDM102
    book("a", 1)


def on_paid(sender, **kwargs):  # want IDM102
    book("a", 1)


paid.connect(on_paid)


@blinked.connect_via("bank")
def on_blinked(sender):  # want IDM102
    book("a", 1)


@event.listens_for(Session, "after_flush")
def after_flush(session, context):  # want IDM102
    book("a", 1)


def on_listen(session):  # want IDM102
    book("a", 1)


event.listen(Session, "before_commit", on_listen)


@receiver(paid)
def reads(sender, **kwargs):
    return sender


def connects(database):
    database.connect(reads)
