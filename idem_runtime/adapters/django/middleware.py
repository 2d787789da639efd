"""The innermost middleware: the seal around ``get_response``, where a response is whole and Django's errors are answered."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

from asgiref.sync import async_to_sync, markcoroutinefunction, sync_to_async
from django.db import connections
from django.http import HttpRequest, HttpResponseBase
from django.urls import get_resolver
from django.urls.exceptions import Resolver404
from django.urls.resolvers import ResolverMatch

from idem_runtime.adapters.django import configuration, other_databases, routes
from idem_runtime.adapters.django import request as reading
from idem_runtime.adapters.django.passage import DjangoPassage
from idem_runtime.adapters.django.unadmitted import Unadmitted
from idem_runtime.adapters.django.views import Marked, marked_for
from idem_runtime.adapters.http.sync_passage import handle
from idem_runtime.drivers.uncancelled import uncancelled
from idem_runtime.errors import BodyTooLarge, StoreUnavailable
from idem_runtime.mark_callables import is_async
from idem_runtime.marks import admission_here, context_admission
from idem_runtime.model import StoreError
from idem_runtime.startup.required_marks import SAFE
from idem_runtime.startup.route_checks import Checks

GetResponse = Callable[[HttpRequest], Any]


class IdempotencyMiddleware:
    """The last of ``MIDDLEWARE``: makes ``@money_moving`` true for the views of this project."""

    sync_capable = True
    async_capable = True

    def __init__(self, get_response: GetResponse) -> None:
        """The views are checked here, so that a server does not start with one that is refused.

        :raises ConfigurationError: ``IDEM_GUARD`` cannot be used, or views are refused: names every one.
        """
        self.get_response = get_response
        self.runtime = configuration.runtime()
        Checks.of(self.runtime, configuration.options()).run(routes.endpoints(get_resolver()))
        self._awaits = is_async(get_response)
        if self._awaits:
            markcoroutinefunction(self)

    def __call__(self, request: HttpRequest) -> Any:
        """Serve one request."""
        if self._awaits:
            return self._awaited(request)
        place = _marked(request)
        if place is None:
            with admission_here(_unadmitted(request)):
                return self.get_response(request)
        return self._sealed(request, *place, self.get_response)

    async def _awaited(self, request: HttpRequest) -> HttpResponseBase:
        """In the request's own thread, where its connection is; to the end, whoever leaves meanwhile."""
        place = _marked(request)
        if place is None:
            with admission_here(_unadmitted(request)):
                return await self.get_response(request)  # type: ignore[no-any-return]  # - Django's
        inner = async_to_sync(self.get_response)
        return await uncancelled(sync_to_async(self._sealed)(request, *place, inner))

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponseBase | None:  # noqa: ARG002 - Django's
        """What a view raises counts, whatever is made of it."""
        passage = context_admission()
        return passage.instead_of_error(exception) if isinstance(passage, DjangoPassage) else None

    def _sealed(
        self, request: HttpRequest, match: ResolverMatch, marked: Marked, get_response: GetResponse
    ) -> HttpResponseBase:
        head = reading.head(request, match)
        try:
            body = reading.body(request, marked.mark, head, self.runtime.settings.body_cap)
        except BodyTooLarge as error:
            passage = DjangoPassage(self.runtime, request, match, marked, b"")
            return passage.native(passage.problem(error))
        entry = reading.Entry(request, body)
        early = marked.mark.effect == "local" and (self._takes_over(match.func) or marked.early)

        given: list[HttpResponseBase] = []

        def dispatch() -> HttpResponseBase:
            passage = context_admission()
            assert isinstance(passage, DjangoPassage)
            if early:
                try:
                    passage.begin_early()
                except StoreError:
                    raise StoreUnavailable from None
            with other_databases.watched(str(self.runtime.using), lambda: passage.executes):
                given.append(get_response(request))
            return given[-1]

        new_passage = partial(DjangoPassage, self.runtime, request, match, marked, body)
        response: HttpResponseBase = handle(new_passage, dispatch, entry.restore)
        for other in given:  # what they hold (files) is closed with the one that is sent
            if other is not response:
                closers: Any = vars(response)["_resource_closers"]
                closers += vars(other)["_resource_closers"]
        return response

    def _takes_over(self, view: Any) -> bool:
        """Whether Django would begin a transaction for ``view``; from now on we do, where we admit a request."""
        using = str(self.runtime.using)
        if not connections.settings[using]["ATOMIC_REQUESTS"]:
            return False
        own = getattr(view, "_non_atomic_requests", ())
        if not isinstance(own, _TakenOver):
            own = _TakenOver(using, own)
            try:
                view._non_atomic_requests = own  # noqa: SLF001 - Django's own way to say it
            except AttributeError:  # a bound method: Django's own transaction is refused by the admission
                return False
        return not own.said


class _TakenOver(set[str]):
    """The databases that Django begins no transaction in for a view: the one where we do, in requests that we admit."""

    def __init__(self, using: str, own: Iterable[str]) -> None:
        """``own``: those that the application itself has named (``@transaction.non_atomic_requests``)."""
        super().__init__(own)
        self._using = using
        self.said = using in own

    def __contains__(self, using: object) -> bool:
        passage = context_admission()
        ours = isinstance(passage, DjangoPassage) and passage.joins and using == self._using
        return ours or super().__contains__(using)


def _marked(request: HttpRequest) -> tuple[ResolverMatch, Marked] | None:
    """The route of a request that changes something, where its view moves money."""
    if request.method in SAFE:
        return None
    try:
        match = get_resolver(getattr(request, "urlconf", None)).resolve(request.path_info)
    except Resolver404:
        return None
    marked = marked_for(match.func, str(request.method))
    return None if marked is None else (match, marked)


def _unadmitted(request: HttpRequest) -> Unadmitted:
    def marked() -> Marked | None:
        match = request.resolver_match
        return None if match is None else marked_for(match.func, str(request.method))

    return Unadmitted(marked, safe=request.method in SAFE)
