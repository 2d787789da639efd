import click


@click.command("post")
@click.option("--amount", type=int)
def post(amount):
    click.echo(amount)


@click.group()
def wallet():
    """Commands for the desk."""


@wallet.command("create")
def create():
    click.echo("created")
