from celery import Celery

from celery_tasks import not_a_task
from ledger import book

app = Celery("beat", set_as_current=False)
app.conf.beat_schedule = {
    "nightly": {"task": "celery_beat.nightly", "schedule": 60},
    "elsewhere": {"task": "nobody.knows", "schedule": 60},
    "without a module": {"task": "nightly", "schedule": 60},
    "no function": {"task": "celery_beat.app", "schedule": 60},
    "wrapped": {"task": "celery_beat.wrapped", "schedule": 60},
    "unnamed": {"schedule": 60},
    "broken": None,
}


def nightly():  # want IDM102
    book("a", 1)


@app.task
def hourly():  # want IDM102
    book("a", 1)


@app.on_after_configure.connect
def periodic(sender, **kwargs):
    sender.add_periodic_task(10, hourly.s())
    app.add_periodic_task(10, hourly.s(), name="ours")


def plain():  # want IDM102
    book("a", 1)


wrapped = app.task(plain)
