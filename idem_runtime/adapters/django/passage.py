"""One way of one request through Django's views: the seal stands around ``get_response``, the admission is in the mark."""

from __future__ import annotations

from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, sync_to_async
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.urls.resolvers import ResolverMatch

from idem_runtime.adapters.django import request as reading
from idem_runtime.adapters.django.views import EVERY, Marked
from idem_runtime.adapters.http.passage import PassageOver
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.http.sync_passage import SyncPassage
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.rerun import is_conflict
from idem_runtime.execution.run_steps import Waits, run_sync
from idem_runtime.marks import Function, Mark, MoneyMoving
from idem_runtime.model import Answer, Response, Unstorable
from idem_runtime.runtime import Runtime

GOES_AGAIN = 503
"""The status of what a handler answers whose request goes through again; nobody sees it."""


class DjangoPassage(SyncPassage):
    """One way of one request through a Django application."""

    def __init__(
        self, runtime: Runtime, request: HttpRequest, match: ResolverMatch, marked: Marked, body: bytes | None
    ) -> None:
        """Nothing is admitted yet. ``marked``: what of the view moves money; ``body``: ``None`` where a form was parsed."""
        super().__init__(runtime)
        self._request = request
        self._match = match
        self._marked = marked
        self._body = body

    @property
    def mark(self) -> Mark | None:
        """The mark of this request's view."""
        return self._marked.mark

    def begin_early(self) -> None:
        """Begin the transaction before the view, as ``ATOMIC_REQUESTS`` wants it."""
        self.lending.store_for(self._marked.mark, awaits=False).begin_early()

    @property
    def executes(self) -> Function | None:
        """The local handler that runs now."""
        return self.handler() if self.started and self.joins and self.raised is None else None

    # The request and the response

    def incoming(self) -> Incoming:
        """The request."""
        head = reading.head(self._request, self._match)
        if self._body is None:
            head = reading.parsed(self._request, head)
        body = head.body if self._body is None else self._body
        return Incoming(
            native=self._request,
            head=head,
            body=lambda: body,
            operation=lambda: f"{self._method} {reading.template(self._request, self._match)}",
        )

    @property
    def _method(self) -> str:
        """Of the operation: a view that does not ask for it does the same whichever it is."""
        return EVERY if self._marked.answering[0].methods is None else str(self._request.method)

    def path(self) -> str:
        """Of the request, with what the application is mounted under."""
        return self._request.path

    def read(self, native: HttpResponseBase) -> Answer:
        """``native`` as it is stored; a stream is not waited for."""
        if not isinstance(native, HttpResponse):
            return Unstorable(native.status_code)
        headers = self.runtime.storable(tuple(native.items()))
        return Response(native.status_code, headers, bytes(native.content))

    def native(self, response: Response) -> HttpResponse:
        """``response`` as Django sends it."""
        made = HttpResponse(response.body, status=response.status)
        del made["Content-Type"]
        for name, value in response.headers:
            made[name] = value
        return made

    def as_decided(self, native: HttpResponseBase) -> HttpResponseBase:
        """Always what was decided: the view around a refused part of it may not have heard of that."""
        return native if self.answer is None else self.as_recorded(native, self.answer)

    def as_recorded(self, native: HttpResponseBase, recorded: Response) -> HttpResponse:
        """``recorded``; of ``native``, what is never stored: its cookies, and headers that stand for one request."""
        made = self.native(recorded)
        stored = {name.lower() for name, _ in self.runtime.storable(tuple(native.items()))}
        for name, value in native.items():
            if name.lower() not in stored and name.lower() != "content-length" and name not in made:
                made[name] = value
        made.cookies = native.cookies
        return made

    # The handler

    def handler(self) -> Function:
        """The first marked function of this request's view."""
        return self._marked.answering[0].function  # type: ignore[no-any-return]  # - the application's

    def carries(self, mark: MoneyMoving, function: Function) -> bool:
        """Whether the marked ``function`` is one of this request's view."""
        return self._marked.of(mark, function) is not None

    def wait(self, given: Any) -> Any:
        """Wait for what is async, in Django's event loop: what it does with the ORM stays in this thread."""
        return async_to_sync(_awaited)(given)

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a call of the view, or what belongs to it, or pass it on."""
        if self.is_part(mark, function):
            return function(*args, **kwargs)
        return super().call(mark, function, args, kwargs)

    def claiming(self, execution: Execution) -> Waits[bool]:
        """Admit ``execution``; where it waits in memory for another one, the request holds no connection."""
        store: Any = execution.store
        store.waits = True
        try:
            return (yield from super().claiming(execution))
        finally:
            store.waits = False

    def call_handler(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit and call; a lost conflict is an answer that nobody sees, so that no error is logged of what goes again."""
        try:
            return super().call_handler(mark, function, args, kwargs)
        except Exception as error:  # noqa: BLE001 - raised again by `_instead_of`
            return self._instead_of(error, mark, function)

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """As :meth:`call`, for an async view: its own steps are taken in the thread of the request's connection."""
        if self.is_part(mark, function):
            return await function(*args, **kwargs)
        if not self.is_handler(mark, function):
            return await self.elsewhere(mark, function).acall(mark, function, args, kwargs)
        if self.execution is None:
            steps = self.admitting(mark, function, args, kwargs, awaits=False)
            if not await sync_to_async(partial(run_sync, steps, self.wait))():
                return self.instead()
        execution = self.start()
        try:
            with self.running(execution):
                return await function(*args, **kwargs)
        except BaseException as error:
            self.raised = error
            await sync_to_async(partial(run_sync, execution.taking_back()))()
            if isinstance(error, Exception):
                return self._instead_of(error, mark, function)
            raise

    def is_part(self, mark: MoneyMoving, function: Function) -> bool:
        """Whether the handler that runs calls another function of its view, as ``post`` calls ``create``: one execution."""
        found = self._marked.of(mark, function)
        return self.started and found is not None and found.part and found.mark == self._marked.mark

    def instead(self) -> Any:
        """What the decorator returns where the handler is not called; a view gets a response in any case.

        :raises PassageOver: what is called is inside a view, whose own answer nobody needs.
        """
        if self._marked.answering[0].inside:
            raise PassageOver
        return HttpResponse(status=GOES_AGAIN) if self.answer is None else self.native(self.answer)

    def _instead_of(self, error: Exception, mark: MoneyMoving, function: Function) -> HttpResponse:
        found = self._marked.of(mark, function)
        if error is self.raised and is_conflict(error) and found is not None and not found.inside:
            return HttpResponse(status=GOES_AGAIN)
        raise error

    def instead_of_error(self, error: Exception) -> HttpResponse | None:
        """What Django's own answer to ``error`` is replaced by, so that it is not logged: nobody gets to see it."""
        self.note(error)
        ends = isinstance(error, PassageOver) or is_conflict(error)
        if self.execution is not None and self.started and not self.execution.taken_back:
            run_sync(self.execution.taking_back())
        elif self.execution is None and self.lent is not None:
            run_sync(self.lent.settling(keep=False))
        return HttpResponse(status=GOES_AGAIN) if ends else None

    def keeps_lent(self, native: HttpResponseBase) -> bool:  # noqa: ARG002 - the passage's
        """Whether what was written before a view that admitted nothing is kept, as ``ATOMIC_REQUESTS`` would."""
        return self.raised is None


async def _awaited(given: Any) -> Any:
    return await given
