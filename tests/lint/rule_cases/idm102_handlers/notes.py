"""A likely write outside every domain is listed by the money map, and no finding."""

import click
from wallet.routes import pay


@click.command()
def command(session):
    pay(session)
