from .deposits import *  # noqa: F403
from .transfers import refund as give_back
from .transfers import statement, transfer

__all__ = ["Deposit", "give_back", "statement", "transfer"]  # noqa: F405
