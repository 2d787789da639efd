from .booking import settle, transfer
from .reading import *

__all__ = ["history", "settle", "transfer"]
