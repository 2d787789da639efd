from fastapi import APIRouter

from . import v2

v1 = APIRouter(prefix="/v1")

from . import loans  # noqa: E402  (needs v1)

__all__ = ["loans", "v1", "v2"]
