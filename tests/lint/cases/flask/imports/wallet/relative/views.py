from ..star import Blueprint
from . import parts
from .parts import section

__all__ = ["Blueprint", "section"]


@parts.section.post("/relative")
def relative():
    return {}
