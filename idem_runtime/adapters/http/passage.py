"""One way of one request through an application, whatever its framework: ask, decide, run, settle.

A passage is what the mark finds in its context. It admits the handler, lends connections to dependencies, and says what
becomes of the answer: the application's own, another (``answer``), or none, because the request has to go through again
(``again``). ``sync_passage`` and ``async_passage`` are for frameworks that run handlers in threads and in event loops.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from idem_runtime.adapters.http.passage_lending import LendingPassage
from idem_runtime.adapters.http.problem_json import refusal, replayed
from idem_runtime.adapters.http.request import arguments_needed, asking
from idem_runtime.errors import ConfigurationError, IdempotencyError, NotExecuted, NotInstalled
from idem_runtime.execution.current import current
from idem_runtime.execution.execution import Execution
from idem_runtime.execution.run_steps import Waits, run_sync
from idem_runtime.marks import (
    Admission,
    Function,
    MoneyMoving,
    context_admission,
    is_mark_of,
    process_admission,
)
from idem_runtime.model import Again, Answer, Decision, Execute, Refuse, Replay, Response, Verdict
from idem_runtime.protocol.scope import principal_of

CALLED_AGAIN = (
    "called again in the same request, which is one execution: put @money_moving above the decorator that calls it again "
    "(a retry, a loop)."
)
NO_HANDLER = (
    "called inside a request, but is not its handler: mark the handler, and not what it calls; or protect what it calls as "
    "a plain function, with @money_moving(operation='…', key=…) and idem.install() at start-up."
)


class PassageOver(Exception):
    """Leaves the application, whose answer nobody needs: its dependencies end as after any other exception.

    An application that answers it all the same changes nothing, because that answer is not sent.
    """


class Passage(LendingPassage):
    """What is known of one way through an application. An adapter says how its framework's request is read."""

    # These are the class's until they change: most requests are of handlers that are not money-moving, and change nothing.
    answers: ClassVar[tuple[type[BaseException], ...]] = ()
    """Exceptions of the framework that are an answer, such as HTTP 402."""
    opened: Execution | None = None
    """Admission has begun: it is ended with this passage."""
    execution: Execution | None = None
    """The handler is admitted."""
    started = False
    raised: BaseException | None = None
    """What shows that the answer is not the handler's own success."""
    answer: Response | None = None
    replays = False
    """``answer`` was recorded by an earlier request."""
    again = False
    # What an adapter says of its framework

    @abstractmethod
    def path(self) -> str:
        """Of the request, for problems."""

    @abstractmethod
    def native(self, response: Response) -> Any:
        """``response`` as a handler returns it."""

    @abstractmethod
    def handler(self) -> Function:
        """The function that answers this request."""

    def carries(self, mark: MoneyMoving, function: Function) -> bool:
        """Whether the marked ``function`` is this request's handler, and not another that it calls."""
        return mark is self.mark or is_mark_of(self.handler(), mark, function)

    # Decisions

    def note(self, error: BaseException) -> None:
        """What the application answers ``error`` with is no success, whatever its handler returned."""
        self.raised = self.raised or error

    @property
    def decided(self) -> bool:
        """Whether the application's own answer is of no use any more."""
        return self.again or self.answer is not None

    def problem(self, error: IdempotencyError) -> Response:
        """The answer that says ``error``."""
        return refusal(self.runtime, error, self.incoming().native, path=self.path())

    def refuse(self, error: IdempotencyError) -> None:
        """Answer with a problem."""
        self.answer = self.problem(error)

    def decide(self, decision: Verdict | None) -> None:
        """What a decision or verdict means for the answer."""
        if isinstance(decision, Again):
            self.again = True
        elif isinstance(decision, Refuse):
            self.refuse(decision.error)
        elif isinstance(decision, Replay):
            self.answer, self.replays = replayed(decision.response), True

    def instead(self) -> Any:
        """What the decorator returns where the handler is not called.

        :raises PassageOver: the request has to go through again, and no answer is meant.
        """
        if self.answer is None:
            raise PassageOver
        return self.native(self.answer)

    # Admission

    def admitting(
        self,
        mark: MoneyMoving,
        function: Function,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
        *,
        awaits: bool,
    ) -> Waits[bool]:
        """Claim for ``function``; ``False``: it is not to be called, see ``answer`` and ``again``."""
        try:
            ask = yield from asking(self.runtime, mark, self.incoming(), args, kwargs)
            runtime = self.runtime
            shard = runtime.shard(principal_of(ask.scope)) if runtime.sharded else runtime
        except IdempotencyError as error:
            self.refuse(error)
            return False
        self.lending.choose(shard)
        store = self.lending.store_for(mark, awaits=awaits)
        execution = Execution(mark, ask, shard.policy, store, awaits=awaits)
        execution.answers, execution.handler, execution.lender = self.answers, function, self
        return (yield from self.claiming(execution))

    def claiming(self, execution: Execution) -> Waits[bool]:
        """Admit ``execution``; ``False``: its handler is not to be called."""
        self.opened = execution
        decision = yield from execution.admitting(execution.mark.reconcile)
        return self.admitted(execution, decision)

    def admitted(self, execution: Execution, decision: Decision | Again) -> bool:
        """Whether the handler is to be called."""
        if isinstance(decision, Execute):
            self.execution = execution
            return True
        self.decide(decision)
        return False

    def admitting_early(self, mark: MoneyMoving, function: Function, *, awaits: bool) -> Waits[bool]:
        """Admit the handler before it is called, and before its arguments are known.

        :raises ConfigurationError: its mark needs them.
        """
        needed = arguments_needed(mark)
        if needed:
            raise ConfigurationError(
                f"idem.admitted: {', '.join(f'{name}=' for name in needed)} of @money_moving is called with the handler's "
                "arguments, which are not known yet: take the principal and the key from the request"
            )
        return (yield from self.admitting(mark, function, (), {}, awaits=awaits))

    def is_handler(self, mark: MoneyMoving, function: Function) -> bool:
        """Whether a marked call is the one that this request is about."""
        return self.carries(mark, function) and self._is_first_call()

    def _is_first_call(self) -> bool:
        """Whether nobody else calls the handler of this request: another call of it is a call like any other."""
        mine = object()
        return vars(self).setdefault("_call", mine) is mine  # in one step, for threads

    def elsewhere(self, mark: MoneyMoving, function: Function) -> Admission:
        """What admits a marked function that the request's handler, or a dependency, calls.

        :raises NotInstalled: nothing does.
        """
        admission, again = process_admission(), self.carries(mark, function)
        if admission is None or (again and not mark.fits_plain_functions):
            raise NotInstalled(
                f"{function.__qualname__} is @money_moving and {CALLED_AGAIN if again else NO_HANDLER}"
            )
        return admission

    def start(self) -> Execution:
        """The handler is called now."""
        assert self.execution is not None
        self.started = True
        return self.execution

    def arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:  # noqa: ARG002 - an adapter may look at it
        """The handler's keyword arguments, with what the adapter adds."""
        return kwargs

    def running(self, execution: Execution) -> AbstractContextManager[None]:
        """The context that the handler runs in."""
        return execution.running()

    def call(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit a sync handler in its own thread, or pass on the call of another marked function."""
        if not self.is_handler(mark, function):
            return self.elsewhere(mark, function).call(mark, function, args, kwargs)
        return self.call_handler(mark, function, args, kwargs)

    def call_handler(
        self, mark: MoneyMoving, function: Function, args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        """Admit and call; what the handler raises is undone before anybody else sees it."""
        if self.execution is None:
            admitted = run_sync(self.admitting(mark, function, args, kwargs, awaits=False), self.wait)
            if not admitted:
                return self.instead()
        execution = self.start()
        try:
            with self.running(execution):
                return function(*args, **self.arguments(function, kwargs))
        except BaseException as error:
            self.raised = error
            run_sync(execution.taking_back(), self.wait)
            raise

    # Settlement

    def besides(self, headers: Iterable[tuple[str, str]], recorded: Response) -> list[tuple[str, str]]:
        """The ``headers`` of this request that go with a replay of ``recorded``: cookies, and others never stored."""
        own = list(headers)
        stored = {name for name, _ in (*self.runtime.storable(tuple(own)), *recorded.headers)}
        return [(name, value) for name, value in own if name.lower() not in stored | {"content-length"}]

    def keeps_lent(self, native: Any) -> bool:  # noqa: ARG002 - an adapter may look at it
        """Whether what a handler that is not money-moving was lent is committed with its answer ``native``."""
        return self.raised is None

    def settling(self, answer: Answer | None, raised: BaseException | None) -> Waits[None]:
        """Seal the application's answer, or take the effect back; afterwards ``answer`` and ``again`` say what to send."""
        try:
            verdict = yield from self._finishing(answer, raised)
        except IdempotencyError as error:
            verdict = Refuse(error)
        finally:
            self.sealed = True
        self.decide(verdict)

    def _finishing(self, answer: Answer | None, raised: BaseException | None) -> Waits[Verdict | None]:
        assert self.execution is not None
        unkept: Exception | None = None
        if not self.started:  # admitted early, and answered before the handler: nothing of it has happened
            nothing = NotExecuted()
            nothing.__cause__ = raised
            answer, raised = None, nothing
        elif not self.execution.local:
            unkept = yield from self._settling_lent(keep=raised is None and answer is not None)
        verdict = yield from self.finishing(self.execution, answer, raised or unkept)
        if unkept is not None:
            raise unkept
        return verdict

    def finishing(
        self, execution: Execution, answer: Answer | None, raised: BaseException | None
    ) -> Waits[Verdict | None]:
        """Take the last steps of ``execution``."""
        return (yield from execution.finishing(answer, raised))

    def _settling_lent(self, *, keep: bool) -> Waits[Exception | None]:
        """What an external handler and its dependencies were lent is settled before its outcome is recorded."""
        try:
            yield from self.lending.settling(keep=keep)
        except Exception as error:  # noqa: BLE001 - raised again by `_finishing`
            return error
        return None

    def failing(self, error: BaseException) -> Waits[bool]:
        """The application has raised: whether an answer, or another passage, takes the place of that."""
        if not self.decided:
            if self.answered or (self.execution is not None and self.sealed):
                return False
            if self.execution is not None:
                yield from self.settling(None, self.raised or error)
            if isinstance(error, IdempotencyError) and not self.decided:
                # of a dependency, or of a nested call that the handler did not expect to be refused
                self.refuse(error)
        return self.decided and isinstance(error, Exception)

    @property
    def unreleased(self) -> bool:
        """Whether anything is left to give back."""
        opened, lent = self.opened, self.lent
        return (opened is not None and not opened.over) or (lent is not None and (lent.holds or self.again))

    def releasing(self) -> Waits[None]:
        """Give back all that is left. Twice is as once."""
        self.sealed = True
        if self.opened is not None:
            yield from self.opened.ending()
        yield from self._releasing_lent()

    def _releasing_lent(self) -> Waits[None]:
        lent = self.lending  # whatever is opened stands on it
        yield from lent.releasing()
        if self.again:
            yield from lent.starting_over()


def note_raised(error: BaseException) -> None:
    """An application answers ``error``: what was raised after the handler returned counts as raised, too."""
    for passage in (context_admission(), current.get()):
        if isinstance(passage, Passage):
            passage.note(error)
