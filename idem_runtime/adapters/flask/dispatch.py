"""Flask: views, blueprints, MethodView, async views. ``idem.init_app(app)``.

The seal stands around ``full_dispatch_request``: after the ``after_request`` hooks, so that the final status decides, and
before teardown, so that sessions still live. A view borrows its connection with ``idem.sync_connection()``, as
``flask.g.idem_connection`` (there only while the view runs), or in a parameter whose default is ``idem.lent``; an async
view, too, because Flask runs it in an event loop of its own.
"""

from __future__ import annotations

import time
from collections.abc import Generator
from contextlib import contextmanager
from typing import Any

from flask import Flask, current_app, g
from flask import Response as FlaskResponse
from flask import request as flask_request
from werkzeug.exceptions import HTTPException

from idem_runtime.adapters.flask import messages
from idem_runtime.adapters.flask.lending import Dispatch, Lending, Unprotected
from idem_runtime.adapters.flask.rules import Rules
from idem_runtime.adapters.http import request
from idem_runtime.adapters.http.asking import Incoming, asking
from idem_runtime.adapters.http.problem_json import replayed
from idem_runtime.errors import (
    BodyTooLarge,
    IdempotencyError,
    NotExecuted,
    NotInstalled,
    RetriesExhausted,
)
from idem_runtime.execution.current import Restoring, current
from idem_runtime.execution.decisions import backoff
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.execution.run_sync import SyncExecution
from idem_runtime.marks import (
    Admission,
    Function,
    Mark,
    MoneyMoving,
    admission_here,
    context_admission,
    process_admission,
)
from idem_runtime.model import Again, Ask, Execute, Refuse, Replay, Response
from idem_runtime.runtime import Runtime
from idem_runtime.startup.route_checks import Checks, mark_of_endpoint


def install(runtime: Runtime, app: Flask, **options: Any) -> None:
    """Put the seal around ``app``'s dispatch; options are those of :class:`idem_runtime.startup.route_checks.Checks`.

    Rules that are there are checked now, others when they are registered, and what is given later at the first request.

    :raises ConfigurationError: names every rule that is refused.
    """
    dispatch, handle = app.full_dispatch_request, app.handle_user_exception
    rules = Rules(app, Checks.of(runtime, options))
    rules.watch()

    def protected() -> FlaskResponse:
        rules.complete()
        mark = _mark_in_force(app)
        if not isinstance(mark, MoneyMoving):
            return Unprotected(runtime).go(dispatch)
        try:
            passages = Passages(runtime, dispatch, mark)
        except BodyTooLarge as error:
            return app.finalize_request(messages.native(messages.problem(runtime, error)))
        except HTTPException as error:  # the body is too large for the application itself
            return app.finalize_request(handle(error))
        return passages.go()

    def full_dispatch_request() -> FlaskResponse:
        context = Restoring()  # the thread goes on to serve others
        try:
            try:
                return protected()
            finally:
                context.restore()
        finally:
            context.restore()

    def handle_user_exception(error: Exception) -> Any:
        for passage in (context_admission(), current.get()):
            if isinstance(passage, Passage | Unprotected):
                # what a decorator raises after the view has returned counts as raised, too
                passage.raised = passage.raised or error
        return handle(error)

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]  # - wrapped for this application only
    app.handle_user_exception = handle_user_exception  # type: ignore[method-assign, assignment]  # - as above


def _mark_in_force(app: Flask) -> Mark | None:
    rule = flask_request.url_rule
    return (
        None
        if rule is None
        else mark_of_endpoint(app.view_functions.get(rule.endpoint), flask_request.method)
    )


class Passages:
    """One request's ways through the application: one, unless the transaction loses a conflict."""

    def __init__(self, runtime: Runtime, dispatch: Dispatch, mark: MoneyMoving) -> None:
        """``mark`` is the one on this request's view."""
        self.runtime = runtime
        self.dispatch = dispatch
        self.mark = mark
        self.body = messages.body(mark, runtime.settings.body_cap)
        self.entry = messages.Entry()

    def go(self) -> FlaskResponse:
        """Dispatch until the transaction stands."""
        for round_ in range(self.runtime.policy.retries + 1):
            if round_:
                self.entry.restore()
            passage = Passage(self)
            with admission_here(passage):
                response = passage.go(self.dispatch)
            if response is not None:
                return response
            time.sleep(backoff(round_))
        return messages.native(messages.problem(self.runtime, RetriesExhausted()))


class Passage(Lending):
    """One way through the application; what the mark finds in its context."""

    def __init__(self, passages: Passages) -> None:
        """Nothing is admitted yet."""
        super().__init__(passages.runtime)
        self.mark = passages.mark
        self.body = passages.body
        self.execution: SyncExecution | None = None
        self.again = False
        self._opened: SyncExecution | None = None
        self._started = False

    @property
    def joins(self) -> bool:
        """Whether what is written here has to be in our transaction: before the view, too."""
        return self.mark.effect == "local" and not self.sealed

    def go(self, dispatch: Dispatch) -> FlaskResponse | None:
        """Dispatch and seal; ``None``: it has to be done again."""
        return self._kept(self._go, dispatch)

    def _release(self) -> None:
        try:
            if self._opened is not None:
                self._opened.end()
        finally:
            super()._release()

    def _go(self, dispatch: Dispatch) -> FlaskResponse | None:
        try:
            response = dispatch()
        except BaseException as error:
            if self.again:
                return None
            verdict = self._finish(None, self.raised or error)
            if isinstance(verdict, Again):
                return None
            if isinstance(verdict, Refuse) and isinstance(error, Exception):
                return messages.native(self._problem(verdict.error))
            if isinstance(
                error, IdempotencyError
            ):  # of a nested call that the view did not expect to be refused
                return messages.native(self._problem(error))
            raise
        return response if self.execution is None else self._sealed(response)

    def _finish(self, response: Response | None, raised: BaseException | None) -> Any:
        if self.execution is None:
            return None
        if not self._started:  # admitted early, and answered before the view: nothing of it has happened
            nothing = NotExecuted()
            nothing.__cause__ = raised
            response, raised = None, nothing
        unkept = None
        if not self.execution.local and self._started:
            unkept = self._settle_lent(keep=raised is None and response is not None)
        verdict = self.execution.finish(response, raised or unkept)
        if unkept is not None:
            raise unkept
        return verdict

    def _settle_lent(self, *, keep: bool) -> Exception | None:
        """What an external view was lent is settled before its outcome is recorded."""
        try:
            self.store.settle_lent(keep=keep)
        except Exception as error:  # noqa: BLE001 - raised again by `_finish`
            return error
        return None

    def _sealed(self, response: FlaskResponse) -> FlaskResponse | None:
        try:
            verdict = self._finish(self._captured(response), self.raised)
        except IdempotencyError as error:
            verdict = Refuse(error)
        if isinstance(verdict, Again):
            return None
        if isinstance(verdict, Refuse):
            return messages.native(self._problem(verdict.error))
        return messages.native(replayed(verdict.response)) if isinstance(verdict, Replay) else response

    def _captured(self, response: FlaskResponse) -> Response:
        cap = self.runtime.policy.cap
        announced = 0 < int(response.headers.get("content-length", 0)) <= cap
        streamed = response.direct_passthrough or (response.is_streamed and not announced)
        body = b"\0" * (cap + 1) if streamed else response.get_data()
        headers = tuple((name.lower(), value) for name, value in response.headers.items())
        return Response(response.status_code, self.runtime.storable(headers), body)

    def _problem(self, error: IdempotencyError) -> Response:
        return messages.problem(self.runtime, error)

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a view, or pass on the call of a plain function."""
        if not self._is_view(mark):
            return self._elsewhere(function).call(mark, function, args, kwargs)
        if self.execution is None:
            refused = self._admit(function, args, kwargs)
            if refused is not None:
                return refused
        execution = self._start()
        try:
            with execution.running(), _in_g(execution):
                return function(*args, **_with_connection(function, kwargs, execution))
        except BaseException as error:
            self.raised = error
            execution.take_back()
            raise

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit an async view, in the event loop that Flask made for it alone."""
        if not self._is_view(mark):
            return await self._elsewhere(function).acall(mark, function, args, kwargs)
        if self.execution is None:
            refused = self._admit(function, args, kwargs)
            if refused is not None:
                return refused
        execution = self._start()
        try:
            with execution.running(), _in_g(execution):
                return await function(*args, **_with_connection(function, kwargs, execution))
        except BaseException as error:
            self.raised = error
            execution.take_back()
            raise

    def admit_early(self) -> FlaskResponse | None:
        """Admit the view of this request before what follows; the answer where it is replayed or refused."""
        if self.execution is not None:
            return None
        view = current_app.view_functions[str(flask_request.endpoint)]
        return self._admit(view, (), dict(flask_request.view_args or {}))

    def _start(self) -> SyncExecution:
        assert self.execution is not None
        self._started = True
        return self.execution

    def _is_view(self, mark: MoneyMoving) -> bool:
        return not self._started and mark is self.mark

    def _elsewhere(self, function: Function) -> Admission:
        admission = process_admission()
        if admission is None:
            raise NotInstalled(
                f"{function.__qualname__} is @money_moving and called inside a request, but is not its view: call "
                "idem.install() too, which protects plain functions."
            )
        return admission

    def _admit(
        self, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> FlaskResponse | None:
        try:
            ask = self._ask(args, kwargs)
        except IdempotencyError as error:
            return messages.native(self._problem(error))
        # who holds a connection must not wait for another of the same pool
        holds = self.store.held is not None
        store = self.store if self.mark.effect == "local" else self.runtime.sync_store(small=holds)
        execution = self._opened = SyncExecution(self.mark, ask, self.runtime.policy, store)
        execution.answers = (HTTPException,)
        execution.handler = function
        execution.lender = None if execution.local else self
        decision = execution.admit(self.mark.reconcile)
        if isinstance(decision, Execute):
            self.execution = execution
            return None
        if isinstance(decision, Again):
            self.again = True
            raise ConflictAtClaim
        answer = (
            replayed(decision.response) if isinstance(decision, Replay) else self._problem(decision.error)
        )
        return messages.native(answer)

    def _ask(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ask:
        incoming = Incoming(
            native=flask_request,
            head=messages.head(),
            body=lambda: self.body,
            operation=lambda: f"{flask_request.method} {messages.template()}",
        )
        return request.here(asking(self.runtime, self.mark, incoming, args, kwargs))


class ConflictAtClaim(Exception):
    """The claim itself lost a conflict: leave the application and come again."""


@contextmanager
def _in_g(execution: SyncExecution) -> Generator[None, None, None]:
    """``g.idem_connection`` is the connection of a view, as long as it runs."""
    g.idem_connection = execution.borrow_sync()
    try:
        yield
    finally:
        g.pop("idem_connection", None)


def _with_connection(function: Function, kwargs: dict[str, Any], execution: SyncExecution) -> dict[str, Any]:
    return kwargs | {name: execution.borrow_sync(kind) for name, kind in lent_parameters(function)}
