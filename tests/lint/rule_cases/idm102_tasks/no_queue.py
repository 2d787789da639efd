"""Names that queues have, of things that are none."""

import celery

from ledger import book


class Registry:
    def task(self, function):
        return function

    def enqueue(self, function):
        return function


registry = Registry()


@registry.task
def a_task(account):
    book(account, 1)


class WorkerSettings:
    functions = [a_task]


class Task:
    def run(self):
        book("a", 1)

    def on_get(self, request, response):
        book("a", 1)


registry.enqueue(a_task)


@Registry().job
def of_no_library(account):
    book(account, 1)


@celery.Celery("far away").x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.x.task
def too_far_away(account):
    book(account, 1)
