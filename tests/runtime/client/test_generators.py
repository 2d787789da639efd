"""A generator that yields inside an intent leaves it to whoever goes on: no call gets the key of another one's intent."""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import types
from collections.abc import AsyncIterator, Generator, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx
import pytest

from idem_runtime import ConfigurationError
from idem_runtime.client import FileIntents, Intent, current_intent, intent
from tests.runtime.client.wire import Wire


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    """What a test leaves in force ends with it."""
    before = contextvars.copy_context()
    yield
    for variable, value in before.items():
        variable.set(value)


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    with Wire().client() as running:
        yield running


def key_of(client: httpx.Client) -> str:
    return str(client.post("/t").request.headers["idempotency-key"])


def settle(invoice: str, store: FileIntents, client: httpx.Client) -> Generator[str]:
    with intent(invoice, store=store):
        yield key_of(client)
        yield str(client.post("/fees").request.headers["idempotency-key"])


def test_generators_that_take_turns_do_not_pay_under_each_others_keys(
    tmp_path: Path, client: httpx.Client
) -> None:
    store = FileIntents(tmp_path)
    expected = [list(settle(invoice, store, client)) for invoice in ("1", "2")]
    one, two = (settle(invoice, store, client) for invoice in ("1", "2"))
    assert next(one) == expected[0][0]
    assert next(two) == expected[1][0]
    with pytest.raises(ConfigurationError, match="stopped at a yield"):
        next(one)
    two.close()
    one.close()


def test_code_outside_a_generator_does_not_use_its_intent(client: httpx.Client) -> None:
    def paying() -> Generator[str]:
        with intent():
            yield key_of(client)
            yield key_of(client)

    running = paying()
    next(running)
    for use in (current_intent, lambda: key_of(client), lambda: intent("step"), intent):
        with pytest.raises(ConfigurationError, match="stopped at a yield"):
            use()
    with intent(key="own"):
        assert key_of(client) == "own"
    running.close()
    assert current_intent() is None


def test_a_generator_that_makes_its_calls_and_yields_outside_is_as_good_as_a_function(
    tmp_path: Path, client: httpx.Client
) -> None:
    store = FileIntents(tmp_path)

    def paying(names: str) -> Generator[str]:
        for name in names:
            with intent(name, store=store):
                key = key_of(client)
            yield key

    turns = zip(paying("abc"), paying("def"), strict=True)
    assert len({key for turn in turns for key in turn}) == 6


def test_threads_that_a_generator_waits_for_are_its_own(client: httpx.Client) -> None:
    def paying() -> Generator[str]:
        with intent(), ThreadPoolExecutor(1) as thread:
            yield thread.submit(contextvars.copy_context().run, key_of, client).result()
            yield ""

    running = paying()
    next(running)
    with ThreadPoolExecutor(1) as thread, pytest.raises(ConfigurationError, match="stopped at a yield"):
        thread.submit(contextvars.copy_context().run, key_of, client).result()
    running.close()


def test_async_generators_are_no_better_and_their_tasks_are_their_own(tmp_path: Path) -> None:
    async def paying(client: httpx.AsyncClient) -> AsyncIterator[set[str]]:
        async def step(name: str) -> str:
            async with intent(name):
                await asyncio.sleep(0)
                return str((await client.post("/t")).request.headers["idempotency-key"])

        async with intent("x", store=FileIntents(tmp_path)):
            yield set(await asyncio.gather(*(step(name) for name in "abc")))
            yield {await asyncio.wait_for(step("d"), 20)}

    async def main() -> None:
        async with Wire().async_client() as client:
            running = paying(client)
            assert len(await anext(running)) == 3
            with pytest.raises(ConfigurationError, match="stopped at a yield"):
                await client.post("/t")
            with pytest.raises(ConfigurationError, match="stopped at a yield"):
                await asyncio.create_task(client.post("/t"))  # type: ignore[arg-type]
            assert len(await anext(running)) == 1
            await running.aclose()  # type: ignore[attr-defined]
            await client.post("/t")

    asyncio.run(main())


def test_context_managers_of_contextlib_are_entered_by_who_uses_them(client: httpx.Client) -> None:
    @contextlib.contextmanager
    def paying() -> Generator[Intent]:
        with contextlib.ExitStack() as stack:
            yield stack.enter_context(intent())

    @contextlib.asynccontextmanager
    async def paying_async() -> AsyncIterator[Intent]:
        async with contextlib.AsyncExitStack() as stack:
            yield await stack.enter_async_context(intent())

    def yielding() -> Generator[Intent]:
        with paying() as own:
            key_of(client)
            yield own

    async def main() -> None:
        async with paying_async() as own:
            assert current_intent() is own
            key_of(client)

    with paying() as own:
        assert current_intent() is own
        key_of(client)
    asyncio.run(main())
    running = yielding()
    next(running)
    with pytest.raises(ConfigurationError, match="stopped at a yield"):
        current_intent()
    running.close()


def test_coroutines_of_older_kinds_are_functions(client: httpx.Client) -> None:
    @types.coroutine
    def paused() -> Generator[None]:
        with intent():
            yield
            key_of(client)

    async def main() -> None:
        await paused()

    asyncio.run(main())


def test_a_generator_that_is_gone_without_its_end_leaves_nothing_usable(client: httpx.Client) -> None:
    def paying() -> Generator[None]:
        with intent():
            yield

    def entered_elsewhere() -> None:
        running = paying()
        next(running)
        contextvars.Context().run(running.close)  # which does not see what it has to leave

    entered_elsewhere()
    with pytest.raises(ConfigurationError, match="stopped at a yield"):
        key_of(client)


def test_no_object_of_the_program_is_asked_for_anything_while_generators_are_looked_for(
    client: httpx.Client,
) -> None:
    class Lazy:
        """As Django's lazy objects are: what asks for their class makes them real."""

        @property
        def __class__(self) -> type[object]:
            raise AssertionError("asked")

    lazy = [Lazy()]

    def paying() -> Generator[None]:
        with intent():
            yield

    def entered_elsewhere() -> None:
        running = paying()
        next(running)
        contextvars.Context().run(running.close)

    entered_elsewhere()
    with pytest.raises(ConfigurationError, match="stopped at a yield"):
        key_of(client)
    assert lazy


def test_an_intent_that_ends_before_an_inner_one_is_an_error(client: httpx.Client) -> None:
    first, second = intent(), intent("s", key="k")
    first.__enter__()
    key_of(client)
    second.__enter__()
    key_of(client)
    with pytest.raises(ConfigurationError, match="has ended before one that was entered inside it"):
        first.__exit__(None, None, None)
    assert current_intent() is second
    second.__exit__(None, None, None)
    second.__exit__(None, None, None)
    assert current_intent() is None


def test_an_error_that_ends_an_intent_too_early_stays_what_it_is(client: httpx.Client) -> None:
    first: Any = intent()
    first.__enter__()
    intent("s", key="k").__enter__()
    error = ZeroDivisionError()
    first.__exit__(ZeroDivisionError, error, None)
    assert "has ended before one that was entered inside it" in error.__notes__[0]


def test_a_code_without_a_module_name_is_no_generators(client: httpx.Client) -> None:
    names: dict[str, Any] = {"intent": intent}
    exec("def paying():\n    with intent() as own:\n        yield own", names)
    del names["__builtins__"], names["intent"]
    names["intent"] = intent
    running = names["paying"]()
    next(running)
    with pytest.raises(ConfigurationError, match="stopped at a yield"):
        key_of(client)
    running.close()
