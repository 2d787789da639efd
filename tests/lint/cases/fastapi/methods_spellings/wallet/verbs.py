from http import HTTPMethod
from typing import Final

READ: Final = ["GET"]
WRITE: Final[tuple[str, ...]] = ("POST", "PUT")
CREATE = "POST"
SAFE = frozenset({"GET", "HEAD"})
EVERYTHING = [*READ, *WRITE, "DELETE"]
ENUM = [HTTPMethod.POST]


class Verb:
    CREATE = ["POST"]
    READ = ["GET"]
