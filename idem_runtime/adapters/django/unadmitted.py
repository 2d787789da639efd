"""Requests that admit nothing: those that are safe, and those whose view shows no mark."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from idem_runtime.adapters.django.views import Marked
from idem_runtime.adapters.http.passage import NO_HANDLER
from idem_runtime.errors import NotInstalled
from idem_runtime.marks import Admission, Function, MoneyMoving, process_admission


class Unadmitted:
    """What a mark finds in a request that admits nothing: one that is safe, or whose view shows no mark.

    ``safe``: by its method, so that the view runs as it would without a mark.
    """

    def __init__(self, marked: Callable[[], Marked | None], *, safe: bool) -> None:
        """``marked``: gives what of the view is marked, once its route is known."""
        self._marked = marked
        self._safe = safe

    def _elsewhere(self, mark: MoneyMoving, function: Function) -> Admission | None:
        """What else admits the call; ``None``: nothing has to."""
        if self._safe:
            marked = self._marked()
            if marked is not None and marked.of(mark, function) is not None:
                return None
        admission = process_admission()
        if admission is None or not mark.fits_plain_functions:
            raise NotInstalled(f"{function.__qualname__} is @money_moving and {NO_HANDLER}")
        return admission

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Call it, or pass the call on to what protects plain functions."""
        admission = self._elsewhere(mark, function)
        return (
            function(*args, **kwargs) if admission is None else admission.call(mark, function, args, kwargs)
        )

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """As :meth:`call`."""
        admission = self._elsewhere(mark, function)
        if admission is None:
            return await function(*args, **kwargs)
        return await admission.acall(mark, function, args, kwargs)
