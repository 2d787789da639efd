"""FastAPI's dependencies: which requests run one, and whether a mark among them is around the handler.

Every snippet is served by FastAPI: its POST routes are asked, and what they ran is what the linter has to say.
"""

from __future__ import annotations

import functools
import sys
import warnings
from collections.abc import Callable
from contextvars import ContextVar
from pathlib import Path
from types import ModuleType

import pytest

from idem_lint.result_types import Handler
from idem_lint.running.project_run import check, inventory
from idem_lint.settings.config import Config
from tests.lint.frameworks.annotated import check_source, sources
from tests.lint.positions.recorder import application

with warnings.catch_warnings():  # Starlette asks for httpx's successor, which it does not require
    warnings.simplefilter("ignore", UserWarning)
    from fastapi.testclient import TestClient

inside: ContextVar[bool] = ContextVar("inside", default=False)
"""Whether a mark is around what runs."""


def money_moving(function: Callable[..., object]) -> Callable[..., object]:
    """A mark that knows only where it is."""

    @functools.wraps(function)
    def around(*args: object, **options: object) -> object:
        token = inside.set(True)
        try:
            return function(*args, **options)
        finally:
            inside.reset(token)

    return around


PRELUDE = """
from typing import Annotated
from fastapi import APIRouter, Depends, FastAPI, Security
from fastapi.routing import APIRoute
from marks import inside, money_moving

runs = []


def guard():
    runs.append("guard")


def other(): ...


def deeper(found=Depends(guard)): ...


class Guard:
    def __call__(self):
        runs.append("guard")


def pay():
    return {"inside": inside.get()}


async def answer(scope, receive, send):
    from starlette.responses import JSONResponse
    await JSONResponse({"inside": inside.get()})(scope, receive, send)


app = FastAPI()
router = APIRouter()
"""
POST = '\nrouter.post("/pay")(pay)\n'
AGAIN = '\nrouter.post("")(pay)\n'

# Whether every POST to /pay (and /pay-again) runs the dependency `guard`.
GUARDED: dict[str, tuple[bool, str]] = {
    "of the route": (
        True,
        'router.post("/pay", dependencies=[Depends(guard)])(pay)\napp.include_router(router)',
    ),
    "of the router": (
        True,
        f"router = APIRouter(dependencies=[Depends(guard)])\n{POST}\napp.include_router(router)",
    ),
    "of the inclusion": (True, f"{POST}\napp.include_router(router, dependencies=[Depends(guard)])"),
    "of the inclusion, by options": (
        True,
        f"options = {{'dependencies': [Security(guard)]}}\n{POST}\napp.include_router(router, **options)",
    ),
    "of the inclusion, from a constant": (
        True,
        f"GUARDS = [Depends(other), Depends(guard)]\n{POST}\napp.include_router(router=router, dependencies=GUARDS)",
    ),
    "of the application": (
        True,
        'app = FastAPI(dependencies=[Depends(guard)])\napp.post("/pay")(pay)',
    ),
    "of the application that includes the router": (
        True,
        f"app = FastAPI(dependencies=[Depends(guard)])\n{POST}\napp.include_router(router)",
    ),
    "of the application whose own router includes": (
        True,
        f"app = FastAPI(dependencies=[Depends(guard)])\n{POST}\napp.router.include_router(router)",
    ),
    "of an application class": (
        True,
        (
            "class Bank(FastAPI):\n    def __init__(self):\n        super().__init__(dependencies=[Depends(guard)])\n\n\n"
            f"app = Bank()\n{POST}\napp.include_router(router)"
        ),
    ),
    "of a router around": (
        True,
        f"outer = APIRouter(dependencies=[Depends(guard)])\n{POST}\nouter.include_router(router)\napp.include_router(outer)",
    ),
    "of the inclusion of a router around": (
        True,
        f"outer = APIRouter()\n{POST}\nouter.include_router(router)\napp.include_router(outer, dependencies=[Depends(guard)])",
    ),
    "of the inclusion in a loop": (
        True,
        f"{POST}\nfor each in (router, APIRouter()):\n    app.include_router(each, dependencies=[Depends(guard)])",
    ),
    "of the inclusion in a function": (
        True,
        f"{POST}\ndef build(app):\n    app.include_router(router, dependencies=[Depends(guard)])\n\nbuild(app)",
    ),
    "of both inclusions": (
        True,
        (
            f'{AGAIN}\napp.include_router(router, prefix="/pay", dependencies=[Depends(guard), Depends(other)])\n'
            'app.include_router(router, prefix="/pay-again", dependencies=[Depends(guard)])'
        ),
    ),
    "of one inclusion of two": (
        False,
        (
            f'{AGAIN}\napp.include_router(router, prefix="/pay", dependencies=[Depends(guard)])\n'
            'app.include_router(router, prefix="/pay-again")'
        ),
    ),
    "of another inclusion": (
        False,
        f"{POST}\napp.include_router(router)\napp.include_router(APIRouter(), dependencies=[Depends(guard)])",
    ),
    "of the inclusion of a router that is mounted, too": (
        False,
        f'{POST}\napp.include_router(router, dependencies=[Depends(guard)])\napp.mount("/m", router)\n# also /m/pay',
    ),
    "of an application that mounts the router": (
        False,
        'app = FastAPI(dependencies=[Depends(guard)])\nrouter.post("/")(pay)\napp.mount("/pay", router)',
    ),
    "of a router with a route that is Starlette's": (
        False,
        (
            "from starlette.responses import JSONResponse\n\n\nasync def plain(request):\n    return JSONResponse({})\n\n\n"
            'router = APIRouter(dependencies=[Depends(guard)])\nrouter.add_route("/pay", plain, methods=["POST"])\n'
            "app.include_router(router, dependencies=[Depends(guard)])"
        ),
    ),
    "of a parameter": (
        True,
        '@router.post("/pay")\ndef by_default(found=Depends(guard)):\n    return {}\n\n\napp.include_router(router)',
    ),
    "of an annotation": (
        True,
        (
            '@router.post("/pay")\ndef annotated(found: Annotated[str, Depends(guard)]):\n    return {}\n\n\n'
            "app.include_router(router)"
        ),
    ),
    "of a dependency": (
        True,
        'router.post("/pay", dependencies=[Depends(deeper)])(pay)\napp.include_router(router)',
    ),
    "of a route object": (
        True,
        'app.routes.append(APIRoute("/pay", pay, methods=["POST"], dependencies=[Depends(guard)]))',
    ),
    "of an application that is given a route object": (
        False,
        (
            "app = FastAPI(dependencies=[Depends(guard)])\n"
            'app.routes.append(APIRoute("/pay", pay, methods=["POST"]))'
        ),
    ),
    "an instance of a guard": (
        True,
        f"{POST}\napp.include_router(router, dependencies=[Depends(Guard())])",
    ),
    "another": (False, f"{POST}\napp.include_router(router, dependencies=[Depends(other)])"),
}

# Whether the handler runs within the mark.
AROUND: dict[str, tuple[bool, str]] = {
    "a marked dependency of the route": (
        False,
        '@money_moving\ndef mine(): ...\n\n\nrouter.post("/pay", dependencies=[Depends(mine)])(pay)',
    ),
    "a dependency marked where it is named": (
        False,
        'router.post("/pay", dependencies=[Depends(money_moving(other))])(pay)',
    ),
    "a marked dependency of the router": (
        False,
        f"@money_moving\ndef mine(): ...\n\n\nrouter = APIRouter(dependencies=[Depends(mine)])\n{POST}",
    ),
    "a marked dependency of a parameter": (
        False,
        (
            "@money_moving\ndef mine(): ...\n\n\n"
            '@router.post("/pay")\ndef pay(found=Depends(mine)):\n    return {"inside": inside.get()}\n'
        ),
    ),
    "a marked dependency of a dependency": (
        False,
        (
            "@money_moving\ndef mine(): ...\n\n\ndef second(found=Depends(mine)): ...\n\n\n"
            'router.post("/pay", dependencies=[Depends(second)])(pay)'
        ),
    ),
    "the mark as dependency": (False, 'router.post("/pay", dependencies=[Depends(money_moving)])(pay)'),
    "a marked dependency of a marked handler": (
        True,
        '@money_moving\ndef mine(): ...\n\n\nrouter.post("/pay", dependencies=[Depends(mine)])(money_moving(pay))',
    ),
    "a marked dependency of a handler marked by decorator": (
        True,
        (
            '@money_moving\ndef mine(): ...\n\n\n@router.post("/pay", dependencies=[Depends(mine)])\n@money_moving\n'
            'def pay():\n    return {"inside": inside.get()}\n'
        ),
    ),
}


def serve(source: str) -> ModuleType:
    sys.modules["marks"] = sys.modules[__name__]
    return application(source, "guarded_snippet")


def judged(source: str, folder: Path, extend: str) -> tuple[Handler, ...]:
    text = source.replace("from marks import inside, money_moving", "from idem_runtime import money_moving")
    (folder / "app.py").write_text(text)
    config = Config(folder, all_domains=True, extend_marks=dict.fromkeys(extend.split(), "money_moving"))
    return inventory([folder], config).handlers


@pytest.mark.parametrize("name", GUARDED)
def test_a_dependency_that_is_a_mark_guards_what_fastapi_runs_it_for(name: str, tmp_path: Path) -> None:
    runs_it, body = GUARDED[name]
    source = PRELUDE + body
    module = serve(source)
    runs: list[bool] = []
    for path in ("/pay", "/pay-again", "/m/pay"):
        if path in body:
            module.runs.clear()
            assert TestClient(module.app).post(path).status_code == 200
            runs.append(bool(module.runs))
    assert all(runs) == runs_it
    handlers = judged(source, tmp_path, "app.guard app.Guard")
    assert handlers
    assert all(handler.mark == "money_moving" for handler in handlers) == runs_it


@pytest.mark.parametrize("name", AROUND)
def test_a_marked_dependency_is_not_around_the_handler(name: str, tmp_path: Path) -> None:
    is_around, body = AROUND[name]
    source = f"{PRELUDE}\n{body}\napp.include_router(router)\n"
    answer = TestClient(serve(source).app).post("/pay")
    assert (answer.status_code == 200 and answer.json()["inside"]) == is_around
    (handler,) = judged(source, tmp_path, "")
    assert (handler.mark == "money_moving") == is_around
    assert any(mark.problem for mark in handler.marks) != is_around


@pytest.mark.parametrize("inclusions", [1, 2])
def test_an_inclusion_in_another_file_is_heard(inclusions: int, tmp_path: Path) -> None:
    (tmp_path / "routes.py").write_text(
        'from fastapi import APIRouter\n\nrouter = APIRouter()\n\n\n@router.post("/pay")\ndef pay(): ...\n'
    )
    (tmp_path / "main.py").write_text(
        "from bank.guards import guard\nfrom fastapi import Depends, FastAPI\nimport routes\n\napp = FastAPI()\n"
        "app.include_router(routes.router, dependencies=[Depends(guard)])\n"
        + 'app.include_router(routes.router, prefix="/open")\n'
        * (inclusions - 1)
    )
    config = Config(tmp_path, all_domains=True, extend_marks={"bank.guards.guard": "money_moving"})
    (handler,) = inventory([tmp_path], config).handlers
    assert handler.mark == ("money_moving" if inclusions == 1 else None)


TABLE = """
### the router is included, once with a mark as dependency and once without, in another file
from fastapi import APIRouter

router = APIRouter()


@router.post("/pay")
def pay(): ...  # found

--- main.py
from fastapi import Depends, FastAPI
from idem_runtime import money_moving
from wallet.app import router

app = FastAPI()
app.include_router(router, dependencies=[Depends(money_moving)])
app.include_router(router)

### the mark as dependency, in another file
from fastapi import APIRouter

router = APIRouter()


@router.post("/pay")
def pay(): ...  # idle

--- main.py
from fastapi import Depends, FastAPI
from idem_runtime import money_moving
from wallet.app import router

app = FastAPI()
app.include_router(router, dependencies=[Depends(money_moving)])

### routers that include each other
from fastapi import APIRouter

one = APIRouter()
two = APIRouter()
one.include_router(two)
two.include_router(one)


@one.post("/pay")
def pay(): ...  # found
"""


@pytest.mark.parametrize("source", sources(TABLE))
def test_what_other_files_say_of_a_router_is_heard(source: str, tmp_path: Path) -> None:
    check_source(source, tmp_path)


def test_the_finding_says_where_the_mark_is_and_why_it_does_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guards.py").write_text(
        "from idem_runtime import money_moving\n\n\n@money_moving\ndef guard(): ...\n"
    )
    (tmp_path / "app.py").write_text(
        "from fastapi import APIRouter, Depends\nfrom guards import guard\n\n"
        'router = APIRouter(dependencies=[Depends(guard)])\n\n\n@router.post("/pay")\ndef pay(): ...\n'
    )
    (finding,) = check([tmp_path], Config(tmp_path, all_domains=True)).findings
    assert (finding.code, finding.file, finding.line) == ("IDM003", "app.py", 8)
    assert "`money_moving` (line 4 of guards.py) does nothing, because it wraps the dependency `guard`" in (
        finding.message
    )
