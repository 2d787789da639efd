"""The console: from a request and who has sent it to a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from idem_runtime import log_records
from idem_runtime.errors import ConfigurationError, StoreUnavailable
from idem_runtime.mark_callables import is_async
from idem_runtime.operate.admin_connection import Admin
from idem_runtime.operate.console import asgi, forgery, wsgi
from idem_runtime.operate.console.activity import Activity
from idem_runtime.operate.console.messages import ConsoleRequest, Reply
from idem_runtime.operate.console.visits import Rights, Visit, nobody

try:
    from idem_runtime.operate.console import deciding, pages, rendering
except ModuleNotFoundError as missing:
    raise ConfigurationError('idem.console() needs Jinja2: pip install "idem-guard[console]"') from missing

if TYPE_CHECKING:
    from idem_runtime.drivers.table import Table
    from idem_runtime.runtime import Runtime

LONGEST_NAME = 200
NO_DSN = (
    "idem.console(): the database's connection string is not to be had from what this Idempotency works on: "
    "console(dsn=…), one console for each database"
)


class Console:
    """An ASGI application; :attr:`wsgi` is the same for a WSGI server. A connection of its own for each request."""

    def __init__(
        self,
        dsn: Callable[[], str],
        table: Callable[[], Table],
        rights: Rights,
        *,
        retention: float,
        activity: Activity | None,
    ) -> None:
        """``retention``: seconds that answers which operators give are kept; ``activity``: what this process decides."""
        self._dsn = dsn
        self._table = table
        self._rights = rights
        self._retention = retention
        self._activity = activity
        self.wsgi = wsgi.application(self.answer, rights.user)
        """For a WSGI server or dispatcher."""
        self._asgi = asgi.application(self.answer, rights.user)

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """ASGI."""
        await self._asgi(scope, receive, send)

    def answer(self, request: ConsoleRequest, user: object) -> Reply:
        """The page for ``user``, whom the application has named; never raises."""
        try:
            return self._answer(request, user)
        except (ConfigurationError, StoreUnavailable) as error:
            return rendering.message(request, 503, "The store does not answer as it should", str(error))
        except Exception as error:  # noqa: BLE001 - the application around it is not to fail with it
            log_records.console_failed(error)
            return rendering.message(request, 500, "This page failed", "The log of the application says why.")

    def _answer(self, request: ConsoleRequest, user: object) -> Reply:
        if request.path == "/style.css":
            return rendering.style()
        if not isinstance(user, str) or not user.strip() or len(user) > LONGEST_NAME:
            text = "The application knows nobody by this request. Sign in there first."
            return rendering.message(request, 403, "Not signed in", text)
        changes, method = _CHANGES.get(request.path), request.method
        show = _PAGES.get(request.path)
        if changes is None and show is None:
            return rendering.message(
                request, 404, "No such page", "The console's front page has all there are."
            )
        if method not in (("POST",) if show is None else ("GET", "HEAD")):
            allowed = "POST" if show is None else "GET, HEAD"
            text = f"This page answers {allowed}."
            reply = rendering.message(request, 405, "Not like this", text)
            return Reply(reply.status, reply.body, headers=(("allow", allowed),))
        token = forgery.token_of(request) or forgery.new_token()
        with Admin(self._dsn(), self._table()) as admin:
            visit = Visit(request, user, self._rights, admin, token)
            reply = self._change(visit, changes) if changes is not None else _shown(self, visit, show)
        return Reply(
            reply.status,
            reply.body,
            reply.media_type,
            (*reply.headers, forgery.cookie(request, token)),
        )

    def _change(self, visit: Visit, change: Callable[[Console, Visit], Reply]) -> Reply:
        if forgery.is_forged(visit.request):
            text = "The form was not sent from a page of this console, or that page is too old. Nothing was done."
            return rendering.page(visit, "refused.html", status=403, title="Refused", text=text)
        if not visit.may_resolve:
            text = f"{visit.who} may look, and not decide. Nothing was done."
            return rendering.page(visit, "refused.html", status=403, title="Refused", text=text)
        return change(self, visit)

    def show_overview(self, visit: Visit) -> Reply:
        """The front page."""
        return pages.overview(visit, self._activity)

    def resolve(self, visit: Visit) -> Reply:
        """An outcome is decided."""
        return deciding.resolve(visit, self._retention)

    def close(self) -> None:
        """Count no longer."""
        if self._activity is not None:
            self._activity.stop()


def _shown(console: Console, visit: Visit, show: Any) -> Reply:
    shown: Reply = show(console, visit)
    return shown


_PAGES: dict[str, Callable[[Console, Visit], Reply]] = {
    "/": Console.show_overview,
    "/running": lambda _, visit: pages.running(visit),
    "/find": lambda _, visit: pages.find(visit),
    "/record": lambda _, visit: pages.record(visit),
    "/doctor": lambda _, visit: pages.examination(visit),
}
_CHANGES: dict[str, Callable[[Console, Visit], Reply]] = {
    "/resolve": Console.resolve,
    "/purge": lambda _, visit: deciding.purge(visit),
}


def console_of(
    runtime: Runtime,
    *,
    user: Callable[[Any], Any] | None,
    may_resolve: Callable[[str], bool] | None,
    may_see: Callable[[str, str], bool] | None,
    second_person: bool,
    dsn: str | None,
) -> Console:
    """See :meth:`idem_runtime.Idempotency.console`."""
    if not callable(user):
        raise ConfigurationError(
            "idem.console(user=…): a function of the request that names who is signed in; without it everybody who reaches "
            "the page could decide about money"
        )
    for name, said in (("may_resolve", may_resolve), ("may_see", may_see)):
        if said is not None and (not callable(said) or is_async(said)):
            raise ConfigurationError(f"idem.console({name}=…): a function, not async")
    rights = Rights(user, may_resolve or nobody, may_see, second_person)
    return Console(
        lambda: dsn or _dsn_of(runtime),
        lambda: runtime.table,
        rights,
        retention=runtime.settings.retention.total_seconds(),
        activity=Activity(),
    )


def _dsn_of(runtime: Runtime) -> str:
    """:raises ConfigurationError: there is none, or it cannot be read from the application's pool."""
    if runtime.sharded:
        raise ConfigurationError(NO_DSN)
    known = runtime.pools.connection_strings()
    if known:
        return known[0]
    dsn = runtime.settings.dsn
    if runtime.using is not None or dsn is None or not dsn.get_secret_value():
        raise ConfigurationError(NO_DSN)
    return dsn.get_secret_value()
