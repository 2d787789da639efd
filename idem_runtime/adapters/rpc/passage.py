"""One way of one RPC through its method: what ways in threads and in event loops have in common.

The passage of HTTP requests fits as it is; an RPC differs in how a request is read, and in that its answer is a message that
is returned, or a status that is set on a context.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol, cast

from idem_runtime.adapters.http.lending import Lending
from idem_runtime.adapters.http.passage import Passage, PassageOver
from idem_runtime.adapters.http.request import Incoming
from idem_runtime.adapters.rpc.answers import Metadata, RpcAnswer, answer_of, recorded, response_of
from idem_runtime.adapters.rpc.codes import OK
from idem_runtime.adapters.rpc.methods import Method
from idem_runtime.adapters.rpc.refusals import refusal
from idem_runtime.adapters.rpc.requests import KEY_METADATA, RpcRequest
from idem_runtime.errors import IdempotencyError, RaisedSuccess
from idem_runtime.execution.lent_parameters import lent_parameters
from idem_runtime.marks import Function, Mark, MoneyMoving, marked_function
from idem_runtime.model import Answer, Request, Response
from idem_runtime.protocol.fingerprint import Fingerprint
from idem_runtime.runtime import Runtime


class Context(Protocol):
    """What a method sees as its context."""

    aborted: Exception | None
    """What an abort has raised, swallowed or not."""

    def answer(self, body: bytes = b"") -> RpcAnswer: ...


class HeldContext(Context, Protocol):
    """The context of a marked method: it holds back what would be seen before COMMIT."""

    @property
    def time_left(self) -> float | None: ...
    @property
    def call_metadata(self) -> Metadata: ...


@dataclass(frozen=True, slots=True)
class Told:
    """What is sent: ``answer``, with the message that the method returned, if it did; ``None``: the reply as it is."""

    answer: RpcAnswer | None
    reply: Any = None


class RpcPassage(Passage):
    """One way of one RPC through its method. ``context`` is this way's own."""

    borrowed = False
    """Something was lent; ``lent`` itself is gone when the way is over."""

    def __init__(self, runtime: Runtime, method: Method, request: RpcRequest, context: Context) -> None:
        """Nothing is admitted yet."""
        super().__init__(runtime)
        self.method = method
        self.request = request
        self.context = context

    @property
    def lending(self) -> Lending:
        """What is lent."""
        self.borrowed = True
        return super().lending

    @property
    def mark(self) -> Mark | None:
        """The method's."""
        return self.method.mark

    def handler(self) -> Function:
        """The marked function of this method."""
        return marked_function(self.method.behaviour)  # type: ignore[no-any-return]  # - the application's own

    def path(self) -> str:
        """Of the request."""
        return f"/{self.method.name}"

    def message(self) -> Any:
        """What the method gets: a message of its own, unless it never is run again."""
        return self.request.copy() if self.method.protected else self.request.message

    def incoming(self) -> Incoming:
        """The request, of a method that is marked."""
        context = cast("HeldContext", self.context)
        texts = tuple((name, value) for name, value in context.call_metadata if isinstance(value, str))
        head = Request("POST", self.path(), texts)
        return Incoming(
            native=context,
            head=head,
            body=lambda: self.request.wire,
            operation=lambda: self.method.name,
            time_left=context.time_left,
            key=lambda: self.request.key(head.header(KEY_METADATA)),
            fingerprint=self._fingerprint,
        )

    def _fingerprint(self, mark: MoneyMoving) -> Fingerprint:
        return self.request.fingerprint(mark, self.runtime.secrets)

    def problem(self, error: IdempotencyError) -> Response:
        """The answer that says ``error``."""
        return response_of(refusal(error))

    def native(self, response: Response) -> Told:
        """``response`` as it is sent."""
        return Told(answer_of(response))

    def read(self, native: Told) -> Answer:
        """The method's own answer, as it is stored.

        An abort that says OK stays a success that was raised, which is refused.
        """
        assert native.answer is not None  # only a marked method is admitted
        return recorded(native.answer, self.runtime.settings.replay_headers)

    def instead(self) -> Any:
        """What the decorator returns where the method is not called: the message of a replay.

        :raises PassageOver: there is none, or it has to go through again.
        """
        if self.answer is None or self.answer.status != 200:
            raise PassageOver
        return self.method.reply(self.answer.body)

    def arguments(self, function: Function, kwargs: dict[str, Any]) -> dict[str, Any]:
        """The method's, with our connection where it asks for it."""
        return kwargs | {name: self.borrow_sync(kind) for name, kind in lent_parameters(function)}

    def conclude(self, reply: Any, error: Exception | None) -> Told:
        """What the method has answered; a message that cannot be sent is found out here, before anything is committed.

        :raises Exception: what it raised, where that is no answer. :raises TypeError: a message of another type.
        """
        aborted = self.context.aborted
        if error is not None and (aborted is None or not self.method.protected):
            raise error
        if aborted is not None:
            self.note(aborted)
        if not self.method.protected or self.decided:
            return Told(None, reply)
        answer = self.context.answer()
        if aborted is not None and answer.code == OK and self.execution is None:
            raise RaisedSuccess
        if aborted is not None or answer.code != OK:
            return Told(answer)
        return Told(self.context.answer(self.method.serialize(reply)), reply)
