import click

from ledger import book


@click.command()
def command():
    book("a", 1)
