"""Where a mark takes effect in Robyn."""

from __future__ import annotations

from typing import Any

from tests.lint.positions.stacks import every_post_runs_the_mark, snippets, stacks

PRELUDE = """\
from functools import wraps

from recorder import money_moving
from robyn import Robyn, SubRouter

app = Robyn("app.py")
sub = SubRouter(prefix="/pay")
"""

PAY = """
async def pay(request):
    return {}

"""

TABLE = (
    *stacks('@app.post("/pay")', '@app.post("/pay-again")', PAY),
    ("add_route, wrapped", True, f'{PAY}app.add_route("POST", "/pay", money_moving(pay))\n'),
    (
        "add_route, rebound after",
        False,
        f'{PAY}app.add_route("POST", "/pay", pay)\npay = money_moving(pay)\n',
    ),
    ("sub-router, below", True, f'@sub.post("/")\n@money_moving{PAY}app.include_router(sub)\n'),
    ("sub-router, above", False, f'@money_moving\n@sub.post("/"){PAY}app.include_router(sub)\n'),
)

SNIPPETS = snippets(PRELUDE, TABLE)


def _post(app: Any, path: str) -> int:
    from robyn.testing import TestClient  # Robyn has an environment of its own; the table is read without it

    return int(TestClient(app).post(path).status_code)


def is_effective(source: str) -> bool:
    """Whether each POST of the snippet runs the mark, sent through Robyn's own client."""
    return every_post_runs_the_mark(source, _post)
