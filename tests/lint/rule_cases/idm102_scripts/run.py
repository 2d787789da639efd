import click

from ledger import book


def main():
    book("a", 1)


@click.command()
def settle():  # want IDM102
    book("a", 1)


if __name__ == "__main__":  # want IDM102
    main()
