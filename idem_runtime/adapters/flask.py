"""Flask: views, blueprints, MethodView, async views. ``idem.init_app(app)``.

The seal stands around ``full_dispatch_request``: after the ``after_request`` hooks, so that the final status decides, and
before teardown, so that sessions still live. A view borrows its connection with ``idem.sync_connection()`` or a parameter
whose default is ``idem.lent``; an async view, too, because Flask runs it in an event loop of its own.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from flask import Flask
from flask import Response as FlaskResponse
from flask import request as flask_request

from idem_runtime import fingerprint, http
from idem_runtime.errors import ConfigurationError, IdempotencyError, NotInstalled, RetriesExhausted
from idem_runtime.execution import backoff
from idem_runtime.execution_sync import SyncExecution
from idem_runtime.install import Idempotency, lent_parameters
from idem_runtime.marks import (
    Admission,
    Function,
    Mark,
    MoneyMoving,
    admission_here,
    mark_of,
    process_admission,
)
from idem_runtime.model import Again, Ask, Execute, Refuse, Replay, Request, Response
from idem_runtime.problem import problem, replayed

Dispatch = Callable[[], FlaskResponse]


def install(idempotency: Idempotency, app: Flask, *, require_marks: Any = None) -> None:
    """Put the seal around ``app``'s dispatch.

    ``require_marks``: ``True``, or path prefixes: an unmarked POST there is refused at the first request.
    """
    dispatch = app.full_dispatch_request
    checked = [not require_marks]

    def full_dispatch_request() -> FlaskResponse:
        if not checked[0]:
            check(app, require_marks)
            checked[0] = True
        mark = _mark_in_force(app)
        return Passages(idempotency, dispatch, mark).go() if isinstance(mark, MoneyMoving) else dispatch()

    app.full_dispatch_request = full_dispatch_request  # type: ignore[method-assign]


def check(app: Flask, require_marks: Any) -> None:
    """Refuse an unmarked POST in the domains of ``require_marks``.

    :raises ConfigurationError: names every such rule.
    """
    prefixes = ("/",) if require_marks is True else tuple(require_marks)
    missing = [
        f"POST {rule.rule} ({rule.endpoint})"
        for rule in app.url_map.iter_rules()
        if "POST" in (rule.methods or ()) and rule.rule.startswith(prefixes)
        if mark_of_view(app.view_functions.get(rule.endpoint), "POST") is None
    ]
    if missing:
        raise ConfigurationError(f"not marked @money_moving or @not_money_moving: {', '.join(missing)}")


def mark_of_view(view: Any, method: str) -> Mark | None:
    """The mark on a view function, or on the method of its class that answers ``method``."""
    found = mark_of(view)
    return found or mark_of(getattr(getattr(view, "view_class", None), method.lower(), None))


def _mark_in_force(app: Flask) -> Mark | None:
    rule = flask_request.url_rule
    return None if rule is None else mark_of_view(app.view_functions.get(rule.endpoint), flask_request.method)


class Passages:
    """One request's ways through the application: one, unless the transaction loses a conflict."""

    def __init__(self, idempotency: Idempotency, dispatch: Dispatch, mark: MoneyMoving) -> None:
        """``mark`` is the one on this request's view."""
        self.idempotency = idempotency
        self.dispatch = dispatch
        self.mark = mark
        # read before anything parses a form, which would consume it
        self.body: bytes = flask_request.get_data(cache=True, parse_form_data=False)

    def go(self) -> FlaskResponse:
        """Dispatch until the transaction stands."""
        for round_ in range(self.idempotency.policy.retries + 1):
            passage = Passage(self)
            with admission_here(passage):
                response = passage.go(self.dispatch)
            if response is not None:
                return response
            time.sleep(backoff(round_))
        return _native(problem(RetriesExhausted()))


class Passage:
    """One way through the application; what the mark finds in its context."""

    def __init__(self, passages: Passages) -> None:
        """Nothing is admitted yet."""
        self.idempotency = passages.idempotency
        self.mark = passages.mark
        self.body = passages.body
        self.execution: SyncExecution | None = None
        self.raised: BaseException | None = None
        self.again = False

    def go(self, dispatch: Dispatch) -> FlaskResponse | None:
        """Dispatch and seal; ``None``: it has to be done again."""
        try:
            response = dispatch()
        except BaseException as error:
            if self.again:
                return None
            if self.execution is None:
                raise
            verdict = self.execution.finish(None, self.raised or error)
            if isinstance(verdict, Again):
                return None
            if isinstance(verdict, Refuse) and isinstance(error, Exception):
                return _native(self._problem(verdict.error))
            raise
        return response if self.execution is None else self._sealed(self.execution, response)

    def _sealed(self, execution: SyncExecution, response: FlaskResponse) -> FlaskResponse | None:
        verdict = execution.finish(self._captured(response), self.raised)
        if isinstance(verdict, Again):
            return None
        if isinstance(verdict, Refuse):
            return _native(self._problem(verdict.error))
        return _native(replayed(verdict.response)) if isinstance(verdict, Replay) else response

    def _captured(self, response: FlaskResponse) -> Response:
        cap = self.idempotency.policy.cap
        announced = 0 < int(response.headers.get("content-length", 0)) <= cap
        streamed = response.direct_passthrough or (response.is_streamed and not announced)
        body = b"\0" * (cap + 1) if streamed else response.get_data()
        headers = tuple((name.lower(), value) for name, value in response.headers.items())
        return Response(response.status_code, self.idempotency.storable(headers), body)

    def _problem(self, error: IdempotencyError) -> Response:
        return problem(error, self.idempotency.settings.profile)

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a view, or pass on the call of a plain function."""
        if not self._is_view(mark):
            return self._elsewhere(function).call(mark, function, args, kwargs)
        execution, refused = self._admit(args, kwargs)
        if execution is None:
            return refused
        try:
            with execution.running():
                return function(*args, **_with_connection(function, kwargs, execution))
        except BaseException as error:
            self.raised = error
            raise

    async def acall(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit an async view, in the event loop that Flask made for it alone."""
        if not self._is_view(mark):
            return await self._elsewhere(function).acall(mark, function, args, kwargs)
        execution, refused = self._admit(args, kwargs)
        if execution is None:
            return refused
        try:
            with execution.running():
                return await function(*args, **_with_connection(function, kwargs, execution))
        except BaseException as error:
            self.raised = error
            raise

    def _is_view(self, mark: MoneyMoving) -> bool:
        return self.execution is None and mark is self.mark

    def _elsewhere(self, function: Function) -> Admission:
        admission = process_admission()
        if admission is None:
            raise NotInstalled(
                f"{function.__qualname__} is @money_moving and called inside a request, but is not its view: call "
                "idem.install() too, which protects plain functions."
            )
        return admission

    def _admit(
        self, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> tuple[SyncExecution | None, FlaskResponse | None]:
        try:
            ask = self._ask(args, kwargs)
        except IdempotencyError as error:
            return None, _native(self._problem(error))
        execution = SyncExecution(self.mark, ask, self.idempotency.policy, self.idempotency.sync_store())
        decision = execution.admit(self.mark.reconcile)
        if isinstance(decision, Execute):
            self.execution = execution
            return execution, None
        if isinstance(decision, Again):
            self.again = True
            raise ConflictAtClaim
        answer = (
            replayed(decision.response) if isinstance(decision, Replay) else self._problem(decision.error)
        )
        return None, _native(answer)

    def _ask(self, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Ask:
        request = self._request()
        return self.idempotency.ask(
            self.mark,
            principal=http.principal_of(self.mark, self.idempotency.principal, flask_request, args, kwargs),
            operation=self.mark.operation or f"{request.method} {flask_request.url_rule}",
            key=http.key_of(self.mark, request, args, kwargs),
            fingerprint=fingerprint.of_request(
                request, ignore=self.mark.ignore, secrets=self.idempotency.secrets
            ),
        )

    def _request(self) -> Request:
        return Request(
            method=flask_request.method,
            path=flask_request.path,
            headers=tuple((name.lower(), value) for name, value in flask_request.headers.items()),
            path_params=tuple((name, str(value)) for name, value in (flask_request.view_args or {}).items()),
            query=tuple(flask_request.args.items(multi=True)),
            body=self.body,
        )


class ConflictAtClaim(Exception):
    """The claim itself lost a conflict: leave the application and come again."""


def _with_connection(function: Function, kwargs: dict[str, Any], execution: SyncExecution) -> dict[str, Any]:
    return kwargs | {name: execution.borrow_sync(kind) for name, kind in lent_parameters(function)}


def _native(response: Response) -> FlaskResponse:
    return FlaskResponse(response.body, response.status, list(response.headers))
