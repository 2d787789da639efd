import functools

import schedule
from apscheduler.schedulers.background import BackgroundScheduler

from ledger import book

scheduler = BackgroundScheduler()


@scheduler.scheduled_job("cron", hour=1)
def nightly():  # want IDM102
    book("a", 1)


def hourly(account):  # want IDM102
    book(account, 1)


scheduler.add_job(hourly, "interval", hours=1, args=["a"])
scheduler.add_job(functools.partial(hourly, "b"), "interval", hours=1)


def daily():  # want IDM102
    book("a", 1)


schedule.every().day.at("01:00").do(daily)


class Runner:
    def start(self):
        scheduler.add_job(self.tick, "interval", seconds=1)

    def tick(self):  # want IDM102
        book("a", 1)


def reads():
    return 1


scheduler.add_job(reads)
scheduler.add_job(lambda: None)
