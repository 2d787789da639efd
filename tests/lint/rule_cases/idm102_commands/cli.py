import click
import typer
from flask import Blueprint, Flask

from idem_runtime import money_moving
from ledger import book

flask_app = Flask(__name__)
blueprint = Blueprint("payments", __name__)
typer_app = typer.Typer()


@click.command()
def settle():  # want IDM102
    book("a", 1)


@click.group()
def payments(): ...


@payments.command("refund")
@click.argument("account")
def refund(account):  # want IDM102
    book(account, -1)


@payments.group()
def deeper(): ...


@deeper.command()
def deepest():  # want IDM102
    book("a", 1)


@typer_app.command()
def charge(account: str):  # want IDM102
    book(account, 1)


@flask_app.cli.command("accrue")
def accrue():  # want IDM102
    book("a", 1)


@blueprint.cli.command("later")
def later():  # want IDM102
    book("a", 1)


@money_moving(operation="batch", key=lambda batch: batch, principal=lambda batch: "bank")
def run_batch(batch):
    book(batch, 1)


@click.command()
def batch():
    run_batch("2026-01")


@click.command()
def partly():  # want IDM102
    run_batch("2026-01")
    book("a", 1)


@click.command()
@money_moving(operation="close", key=lambda: "1", principal=lambda: "bank")
def close():
    book("a", 1)


@money_moving(operation="idle", key=lambda: "1", principal=lambda: "bank")
@click.command()
def idle():  # want IDM102
    book("a", 1)


@click.command()
def reads():
    return 1
