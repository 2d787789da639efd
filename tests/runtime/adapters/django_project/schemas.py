"""What Ninja reads a body by: it has to be found by name."""

from ninja import Schema


class Payment(Schema):
    amount: int
