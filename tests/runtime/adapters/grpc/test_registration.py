"""What is refused before a server serves, and which ways of registering are seen."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from concurrent.futures import Executor, ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import grpc
import psycopg
import pytest
from grpc_health.v1 import health, health_pb2, health_pb2_grpc
from grpc_reflection.v1alpha import reflection

from idem_runtime import ConfigurationError, Idempotency, from_payload, money_moving, not_money_moving
from idem_runtime.adapters.grpc.hook import MOST_SEALED, SealedGeneric
from idem_runtime.marks import install_for_process, mark_of
from idem_runtime.model import Response
from tests.runtime.adapters.contract import ledger
from tests.runtime.adapters.grpc import rpc_client
from tests.runtime.adapters.grpc.asking import INSERT, Asking, bank_class, pb2, pb2_grpc, serving, tenant
from tests.runtime.adapters.grpc.protos import generated

Database = psycopg.Connection[Any]
NOWHERE = "postgresql://postgres@127.0.0.1:1/x"
keys_pb2, keys_pb2_grpc = generated("rpc_keys")


def new(**options: Any) -> Idempotency:
    return Idempotency(NOWHERE, principal=tenant, **options)


def server_of(kind: str) -> Any:
    if kind == "sync":
        return grpc.server(ThreadPoolExecutor(1))
    rpc_client.loop()
    return grpc.aio.server()


def refused(
    servicer: Any, *, kind: str = "sync", add: Any = None, idem: Idempotency | None = None, **options: Any
) -> str:
    """What is said when ``servicer`` is added."""
    server = server_of(kind)
    (idem or new()).install(server, **options)
    with pytest.raises(ConfigurationError) as error:
        (add or pb2_grpc.add_BankServicer_to_server)(servicer, server)
    return str(error.value)


@money_moving(connection="inside")
def moving(self: Any, request: Any, context: Any) -> Any:
    return pb2.Reply(id=1)


@money_moving(connection="inside")
async def moving_async(self: Any, request: Any, context: Any) -> Any:
    return pb2.Reply(id=1)


def unmarked(self: Any, request: Any, context: Any) -> Any:
    return pb2.Reply(text="unmarked")


@pytest.mark.parametrize("kind", ["sync", "aio"])
def test_a_marked_stream_is_refused(kind: str) -> None:
    servicer = bank_class(Watch=moving)()
    said = refused(servicer, kind=kind)
    assert "idem.tests.bank.Bank/Watch" in said
    assert "one request and one reply" in said


def test_an_async_method_on_a_sync_server_is_refused() -> None:
    said = refused(bank_class(Transfers=moving_async)())
    assert "idem.tests.bank.Bank/Transfers" in said
    assert "grpc.aio.server()" in said


def wrapped(is_async: bool) -> Any:
    """A decorator that makes the method of the other colour."""
    if is_async:

        @functools.wraps(moving)
        async def called(self: Any, request: Any, context: Any) -> Any:
            return moving(self, request, context)

        return called

    @functools.wraps(moving_async)
    def plain(self: Any, request: Any, context: Any) -> Any:
        return moving_async(self, request, context)

    return plain


@pytest.mark.parametrize("is_async", [True, False])
def test_a_decorator_of_the_other_colour_around_the_mark_is_refused(is_async: bool) -> None:
    said = refused(bank_class(Transfers=wrapped(is_async))(), kind="aio")
    assert "mark it outermost, or make both alike" in said


def test_an_unmarked_override_of_a_marked_method_is_refused() -> None:
    base = bank_class(Transfers=moving)

    class Derived(base):
        def Transfers(self, request, context):
            return super().Transfers(request, context)

    said = refused(Derived())
    assert "overrides a method of Bank that is @money_moving" in said


def test_a_marked_override_and_an_opt_out_are_taken() -> None:
    base = bank_class(Transfers=moving, Slow=moving)

    class Derived(base):
        @money_moving(connection="inside")
        def Transfers(self, request, context):
            return super().Transfers(request, context)

        @not_money_moving(reason="a dry run")
        def Slow(self, request, context):
            return pb2.Reply()

    server = server_of("sync")
    new().install(server)
    pb2_grpc.add_BankServicer_to_server(Derived(), server)


@pytest.mark.parametrize("name", ["Number", "Many", "Bytes", "Message"])
def test_a_key_field_that_is_no_text_is_refused(name: str) -> None:
    servicer = type("Keys", (keys_pb2_grpc.KeysServicer,), {name: moving})()
    said = refused(servicer, add=keys_pb2_grpc.add_KeysServicer_to_server)
    assert f"idem.tests.keys.{name}Key.idempotency_key has to be a string" in said
    assert "@money_moving(key=…)" in said


def test_a_key_that_is_found_elsewhere_makes_the_field_s_type_irrelevant() -> None:
    @money_moving(connection="inside", key=lambda request: request.idempotency_key)
    def elsewhere(self: Any, request: Any, context: Any) -> Any:
        return keys_pb2.Reply()

    server = server_of("sync")
    new().install(server)
    servicer = type("Keys", (keys_pb2_grpc.KeysServicer,), {"Number": elsewhere})()
    keys_pb2_grpc.add_KeysServicer_to_server(servicer, server)


@pytest.mark.parametrize("pointer", ["/nothing", "/amount/cents", "/rows/nothing"])
def test_an_ignored_field_that_is_not_there_is_refused(pointer: str) -> None:
    @money_moving(connection="inside", ignore=(pointer,))
    def ignoring(self: Any, request: Any, context: Any) -> Any:
        return pb2.Reply()

    assert f"ignore={pointer!r}" in refused(bank_class(Transfers=ignoring)())


def test_a_key_in_json_is_refused() -> None:
    @money_moving(connection="inside", key=from_payload("/id"))
    def reading(self: Any, request: Any, context: Any) -> Any:
        return pb2.Reply()

    assert "key=lambda request: request" in refused(bank_class(Transfers=reading)())


def test_one_marked_function_for_two_methods_is_refused() -> None:
    assert "one marked function" in refused(bank_class(Transfers=moving, Slow=moving)())


def test_a_method_that_shows_no_connection_is_refused() -> None:
    @money_moving
    def hiding(self: Any, request: Any, context: Any) -> Any:
        return pb2.Reply()

    assert "does not show where it gets its transaction" in refused(bank_class(Transfers=hiding)())


def test_nobody_to_ask_is_refused() -> None:
    assert "principal" in refused(bank_class(Transfers=moving)(), idem=Idempotency(NOWHERE))


def test_a_mark_below_a_decorator_that_does_not_show_it_is_none() -> None:
    def logged(self: Any, request: Any, context: Any) -> Any:
        return moving(self, request, context)

    said = refused(bank_class(Transfers=logged)(), require_marks=("transfers",))
    assert "not marked @money_moving" in said


def test_an_unmarked_method_in_a_money_domain_is_refused() -> None:
    said = refused(bank_class(Transfers=unmarked)(), require_marks=("transfers",))
    assert "not marked @money_moving" in said
    assert "idem.tests.bank.Bank/Transfers" in said


@pytest.mark.parametrize("kind", ["sync", "aio"])
def test_a_pattern_that_matches_no_method_is_refused_when_the_server_starts(kind: str) -> None:
    server = server_of(kind)
    new().install(server, require_marks=("payroll",))
    pb2_grpc.add_BankServicer_to_server(bank_class()(), server)
    with pytest.raises(ConfigurationError, match="'payroll' matches no route"):
        if kind == "sync":
            server.start()
        else:
            rpc_client.loop().run_until_complete(server.start())


def test_an_unknown_option_and_a_second_install_are_refused() -> None:
    server, idem = server_of("sync"), new()
    with pytest.raises(ConfigurationError, match="did you mean require_marks="):
        idem.install(server, require_mark=True)
    idem.install(server)
    with pytest.raises(ConfigurationError, match="one is enough"):
        idem.install(server)


def test_a_shape_for_http_refusals_is_refused() -> None:
    idem = new(refusal_response=lambda error, request: Response(400, (), b""))
    with pytest.raises(ConfigurationError, match="shapes HTTP responses"):
        idem.install(server_of("sync"))


@pytest.mark.parametrize("kind", ["sync", "aio"])
def test_health_and_reflection_stay_as_they_are(kind: str) -> None:
    idem = new()
    add: Any = lambda server: (  # noqa: E731
        health_pb2_grpc.add_HealthServicer_to_server(
            health.aio.HealthServicer() if kind == "aio" else health.HealthServicer(), server
        ),
        reflection.enable_server_reflection(["idem.tests.bank.Bank"], server),
    )
    prepare = functools.partial(idem.install, require_marks=True)
    server = rpc_client.aio_server if kind == "aio" else rpc_client.sync_server
    with server(add, prepare=prepare) as address, rpc_client.channel(address) as channel:
        checked = health_pb2_grpc.HealthStub(channel).Check(health_pb2.HealthCheckRequest(service=""))
    assert checked.status == health_pb2.HealthCheckResponse.SERVING


# Ways of registering


class Known:
    """A generic handler that tells no service and no methods."""

    def __init__(self, handlers: dict[str, Any]) -> None:
        self.handlers = handlers

    def service(self, details: Any) -> Any:
        return self.handlers.get(details.method)


def old_code(servicer: Any, server: Any) -> None:
    """As generated before 1.66: by a generic handler alone."""
    server.add_registered_method_handlers = lambda *_: None
    pb2_grpc.add_BankServicer_to_server(servicer, server)


def by_hand(servicer: Any, server: Any) -> None:
    """By a handler that tells nothing before a call."""
    handler = grpc.unary_unary_rpc_method_handler(
        servicer.Transfers, pb2.Ask.FromString, pb2.Reply.SerializeToString
    )
    stream = grpc.unary_stream_rpc_method_handler(
        servicer.Watch, pb2.Ask.FromString, pb2.Reply.SerializeToString
    )
    service = f"/{rpc_client.SERVICE}/"
    server.add_generic_rpc_handlers((Known({f"{service}Transfers": handler, f"{service}Watch": stream}),))


def without_serializers(servicer: Any, server: Any) -> None:
    """For a method that takes and returns bytes, of a service that no generated module knows."""

    def transfers(request: bytes, context: Any) -> bytes:
        return servicer.Transfers(pb2.Ask.FromString(request), context).SerializeToString()

    mark = money_moving(connection="inside")
    handlers = {"Transfers": grpc.unary_unary_rpc_method_handler(mark(transfers))}
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("by.Hand", handlers),))


def writing(idem: Idempotency) -> Any:
    def transfers(self: Any, request: Any, context: Any) -> Any:
        idem.sync_connection().execute(INSERT, (request.amount,))
        return pb2.Reply(id=7)

    return transfers


@pytest.mark.parametrize("add", [old_code, by_hand])
def test_every_way_of_registering_is_protected(add: Any, dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant)
    servicer = bank_class(Transfers=money_moving(writing(idem)))()
    with (
        rpc_client.sync_server(functools.partial(add, servicer), prepare=idem.install) as address,
        rpc_client.channel(address) as channel,
    ):
        ask = Asking(channel)
        first, again = ask(), ask()
        assert (first.code, again.raw, again.replayed) == ("OK", first.raw, True)
        assert ask(key=None).problem == "key_missing"
        assert ask("NoSuch").code == "UNIMPLEMENTED"
    idem.close()
    assert ledger(db) == [5]


def test_bytes_without_a_serializer_are_protected_under_a_key_in_metadata(dsn: str, db: Database) -> None:
    idem = Idempotency(dsn, principal=tenant)
    servicer = bank_class(Transfers=writing(idem))()
    with (
        rpc_client.sync_server(
            functools.partial(without_serializers, servicer), prepare=idem.install
        ) as address,
        rpc_client.channel(address) as channel,
    ):
        ask = Asking(channel, "by.Hand")
        first, again = ask(), ask()
        assert (first.code, again.raw, again.replayed) == ("OK", first.raw, True)
        assert ask(message=pb2.Ask(amount=6)).problem == "key_reused"
    idem.close()
    assert ledger(db) == [5]


@pytest.mark.parametrize("kind", ["sync", "aio"])
def test_a_marked_stream_that_is_found_at_a_call_is_refused_there(kind: str) -> None:
    idem = new()
    servicer = bank_class(Transfers=unmarked, Watch=moving)()
    server = rpc_client.aio_server if kind == "aio" else rpc_client.sync_server
    with (
        server(functools.partial(by_hand, servicer), prepare=idem.install) as address,
        rpc_client.channel(address) as channel,
    ):
        call = channel.unary_stream(f"/{rpc_client.SERVICE}/Watch")
        with pytest.raises(grpc.RpcError) as error:
            list(call(b""))
        assert error.value.code() is grpc.StatusCode.INTERNAL
        assert "streams" not in error.value.details()


def test_old_generated_streams_are_refused_at_registration() -> None:
    assert "streams" in refused(bank_class(Watch=moving)(), add=old_code)


def test_a_deserializer_says_the_type_of_a_service_that_is_not_known() -> None:
    handler = grpc.unary_unary_rpc_method_handler(
        functools.partial(moving, None), keys_pb2.NumberKey.FromString, keys_pb2.Reply.SerializeToString
    )
    server = server_of("sync")
    new().install(server)
    with pytest.raises(ConfigurationError, match=r"NumberKey\.idempotency_key has to be a string"):
        server.add_registered_method_handlers("by.Hand", {"Push": handler})


def test_a_generic_handler_of_a_service_that_is_not_known_tells_its_methods() -> None:
    handlers = {"Push": grpc.unary_stream_rpc_method_handler(functools.partial(moving, None))}
    server = server_of("sync")
    new().install(server)
    with pytest.raises(ConfigurationError, match=r"by\.Hand/Push"):
        server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler("by.Hand", handlers),))


def test_the_wrapper_shows_no_mark_of_its_own() -> None:
    """So that nothing that reads marks from handlers sees one twice."""
    server, idem = server_of("sync"), new()
    idem.install(server)
    pb2_grpc.add_BankServicer_to_server(bank_class(Transfers=moving)(), server)
    generic = server._state.generic_handlers[0]
    assert isinstance(generic, SealedGeneric)
    assert generic.service_name() == "idem.tests.bank.Bank"
    behaviour = server._state.registered_method_handlers["/idem.tests.bank.Bank/Transfers"].unary_unary
    assert mark_of(behaviour) is None


@functools.wraps(pb2_grpc.BankServicer.Transfers)
def as_if_generated(self: Any, request: Any, context: Any) -> Any:
    return pb2.Reply(id=1)


def test_a_method_that_bears_the_name_of_a_generated_one_is_not_generated(dsn: str) -> None:
    assert "not marked" in refused(bank_class(Transfers=as_if_generated)(), require_marks=("transfers",))
    idem = Idempotency(dsn, principal=tenant)
    marked = money_moving(connection="inside")(as_if_generated)
    with serving(idem, bank_class(Transfers=marked)(), aio=False) as ask:
        assert [ask().replayed for _ in range(2)] == [False, True]


class TakesAll:
    """A generic handler that has a handler for every path, made anew for each call."""

    def __init__(self, behaviour: Any) -> None:
        self.behaviour = behaviour

    def service(self, details: Any) -> Any:
        return grpc.unary_unary_rpc_method_handler(self.behaviour)


def test_paths_that_clients_make_up_are_not_kept_for_ever() -> None:
    server = server_of("sync")
    new().install(server)
    server.add_generic_rpc_handlers((TakesAll(lambda request, context: request),))
    server.start()
    (generic,) = server._state.generic_handlers
    for number in range(2 * MOST_SEALED):
        assert generic.service(SimpleNamespace(method=f"/made.Up/{number}")) is not None
    hook = vars(server)["_idem"]
    assert len(hook._sealed) <= MOST_SEALED
    assert hook._methods == {}
    server.stop(None).wait()


def test_a_path_that_a_client_made_up_does_not_stop_the_method_that_was_there_before(
    dsn: str, db: Database
) -> None:
    idem = Idempotency(dsn, principal=tenant)

    @money_moving(connection="inside")
    def transfers(request: bytes, context: Any) -> bytes:
        idem.sync_connection().execute(INSERT, (5,))
        return b""

    def add(server: Any) -> None:
        server.add_generic_rpc_handlers((TakesAll(transfers),))

    with (
        rpc_client.sync_server(add, prepare=idem.install) as address,
        rpc_client.channel(address) as channel,
    ):
        ask = Asking(channel, "by.Hand")
        assert [ask(name).code for name in ("Transfers", "MadeUp", "Transfers")] == ["OK", "INTERNAL", "OK"]
    idem.close()
    assert ledger(db) == [5]


# Nothing installed


@pytest.fixture
def process_wide() -> Iterator[None]:
    new().install()
    yield
    install_for_process(None)


@pytest.mark.usefixtures("process_wide")
@pytest.mark.parametrize("kind", ["sync", "aio", "sync on aio"])
def test_what_protects_plain_functions_does_not_install_a_server(kind: str) -> None:
    test_a_marked_method_without_install_does_not_run_and_says_so(kind)


@pytest.mark.parametrize("kind", ["sync", "aio", "sync on aio"])
def test_a_marked_method_without_install_does_not_run_and_says_so(kind: str) -> None:
    servicer = bank_class(Transfers=moving_async if kind == "aio" else moving)()
    add = functools.partial(pb2_grpc.add_BankServicer_to_server, servicer)
    server = rpc_client.sync_server if kind == "sync" else rpc_client.aio_server
    with server(add) as address, rpc_client.channel(address) as channel:
        asked = Asking(channel)()
    assert (asked.code, dict(asked.trailing)["grpc-retry-pushback-ms"]) == ("INTERNAL", "-1")
    assert "nothing is installed here" in asked.details


def late(server: Any) -> None:
    pb2_grpc.add_BankServicer_to_server(bank_class(Transfers=moving)(), server)
    new().install(server)


def test_services_that_were_added_before_install_are_refused_or_do_not_run() -> None:
    with pytest.raises(ConfigurationError, match="Bank/Transfers is @money_moving and was added before"):
        late(server_of("sync"))
    with rpc_client.aio_server(late) as address, rpc_client.channel(address) as channel:
        assert Asking(channel)().code == "INTERNAL"


def test_unmarked_streams_and_async_methods_stay_as_they_are(dsn: str) -> None:
    def watch(self: Any, request: Any, context: Any) -> Any:
        yield pb2.Reply(id=1)
        yield pb2.Reply(id=2)

    async def never(self: Any, request: Any, context: Any) -> Any:
        raise AssertionError

    idem = Idempotency(dsn, principal=tenant)
    with serving(idem, bank_class(Watch=watch, Slow=never)(), aio=False) as ask:
        replies = ask.channel.unary_stream(f"/{rpc_client.SERVICE}/Watch")(b"")
        assert [pb2.Reply.FromString(reply).id for reply in replies] == [1, 2]


def test_a_server_with_an_executor_of_its_own_kind_is_protected(dsn: str, db: Database) -> None:
    class Own(Executor):
        def __init__(self) -> None:
            self.pool = ThreadPoolExecutor(2)

        def submit(self, fn: Any, /, *args: Any, **kwargs: Any) -> Any:
            return self.pool.submit(fn, *args, **kwargs)

    idem, own = Idempotency(dsn, principal=tenant), Own()
    server = grpc.server(own)
    idem.install(server)
    servicer = bank_class(Transfers=money_moving(writing(idem)))()
    pb2_grpc.add_BankServicer_to_server(servicer, server)
    port = server.add_insecure_port("127.0.0.1:0")
    server.start()
    with rpc_client.channel(f"127.0.0.1:{port}") as channel:
        assert [Asking(channel)().replayed for _ in range(2)] == [False, True]
    server.stop(1).wait()
    idem.close()
    own.pool.shutdown()
