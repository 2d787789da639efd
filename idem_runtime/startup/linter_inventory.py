"""``inventory=``: the linter's list of handlers (``idem-lint inventory --format json``) and the routes have to agree."""

from __future__ import annotations

import inspect
import json
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Any

from idem_runtime.errors import ConfigurationError
from idem_runtime.marks import MoneyMoving, NotMoneyMoving
from idem_runtime.startup.endpoints import Endpoint

MARK_NAMES: dict[type[Any], str] = {MoneyMoving: "money_moving", NotMoneyMoving: "not_money_moving"}
"""As the inventory writes them."""


class LinterInventory:
    """The file, which is read when endpoints are first compared with it."""

    def __init__(self, path: Any) -> None:
        """``path``: of the file."""
        self._path = path

    def check(self, endpoints: Iterable[Endpoint]) -> None:
        """Compare the endpoints whose source is a file of the inventory.

        :raises ConfigurationError: one is not in the inventory, or runs under another mark than the linter read.
        """
        files = {file for file, _ in self._marks}
        for endpoint in endpoints:
            function = inspect.unwrap(getattr(endpoint.view_class, "post", endpoint.function))
            source = (
                Path(inspect.getsourcefile(function) or "").as_posix() if inspect.isroutine(function) else ""
            )
            file = next((file for file in files if source.endswith(f"/{file}")), None)
            if endpoint.posts and file is not None:
                self._compare(endpoint, function, (file, function.__name__))

    @cached_property
    def _marks(self) -> dict[tuple[str, str], str | None]:
        """The mark of each handler, by its file and its function's name."""
        handlers = json.loads(Path(self._path).read_text(encoding="utf-8"))["handlers"]
        return {(row["file"], row["qualname"].rpartition(".")[2]): row["mark"] for row in handlers}

    def _compare(self, endpoint: Endpoint, function: Any, handler: tuple[str, str]) -> None:
        if handler not in self._marks:
            raise ConfigurationError(
                f"POST {endpoint.template} ({endpoint.where(function)}) is not in the inventory: write it anew"
            )
        actual, listed = MARK_NAMES.get(type(endpoint.mark())), self._marks[handler]
        if actual != listed:
            raise ConfigurationError(
                f"POST {endpoint.template} ({endpoint.where(function)}) runs {actual or 'unmarked'}, but the inventory says "
                f"{listed or 'unmarked'}: write it anew, or mark the handler as it was read"
            )
