import arq
import dramatiq
import procrastinate
from arq import cron
from arq.worker import func
from dramatiq import GenericActor
from huey import MemoryHuey
from procrastinate.testing import InMemoryConnector
from rq import Queue
from rq.decorators import job
from taskiq import InMemoryBroker

from ledger import book

huey = MemoryHuey()
queue = Queue("payments")
taskiq_broker = InMemoryBroker()
procrastinate_app = procrastinate.App(connector=InMemoryConnector())


@dramatiq.actor
def actor(account):  # want IDM102
    book(account, 1)


class Actor(GenericActor):
    class Meta:
        actor_name = "Actor"

    def perform(self, account):  # want IDM102
        book(account, 1)


@procrastinate_app.task(name="settle")
async def procrastinated(account):  # want IDM102
    book(account, 1)


@huey.task()
def huey_task(account):  # want IDM102
    book(account, 1)


@huey.periodic_task(lambda now: True)
def huey_periodic():  # want IDM102
    book("a", 1)


@job("default")
def rq_job(account):  # want IDM102
    book(account, 1)


def rq_function(account):  # want IDM102
    book(account, 1)


def enqueue_it(account, now):
    queue.enqueue(rq_function, account)
    queue.enqueue_at(now, "other_queues.rq_by_name", account)


def rq_by_name(account):  # want IDM102
    book(account, 1)


@taskiq_broker.task
async def taskiq_task(account):  # want IDM102
    book(account, 1)


async def arq_job(ctx, account):  # want IDM102
    book(account, 1)


async def arq_cron(ctx):  # want IDM102
    book("a", 1)


async def arq_func(ctx):  # want IDM102
    book("a", 1)


async def arq_reads(ctx):
    return arq.__version__


class WorkerSettings:
    functions = [arq_job, func(arq_func), arq_reads]
    cron_jobs = [cron(arq_cron, hour=1)]


class Empty:
    functions = None
