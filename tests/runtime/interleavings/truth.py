"""What has to be true of every run: one effect, and nobody was told anything else."""

from __future__ import annotations

from collections.abc import Iterable

from tests.runtime.interleavings.caller import Caller
from tests.runtime.interleavings.world import World

ANSWERED = ("sealed", "replayed")
UNDONE = (("raised", "raises"), ("not executed", "not executed"))
RECORDS = "SELECT status FROM idempotency_records WHERE idempotency_key = %s"


def outcome(world: World) -> tuple[str, ...]:
    """Call once more with each key, and check everything; what each caller was told, as words.

    :raises AssertionError: something is not true.
    """
    for key in world.keys:
        callers = [caller for caller in world.callers if caller.ask.key == key]
        check = _external if world.scenario.effect == "external" else _local
        check(world, key, callers)
    return tuple(_word(caller) for caller in world.callers)


def _word(caller: Caller) -> str:
    assert caller.answer is not None
    return caller.answer.rpartition(" ")[0] if caller.answer.startswith(ANSWERED) else caller.answer


def _local(world: World, key: str, callers: list[Caller]) -> None:
    assert len(_effects(world, key)) <= 1, "an effect was doubled"
    statuses = [status for (status,) in world.query(RECORDS, key)]
    assert "INPROGRESS" not in statuses, "a local record is complete or not there"
    last = _last_call(world, key, callers)
    assert last.answer is not None
    assert last.answer.startswith(ANSWERED), f"the last caller was told {last.answer}"
    _, status, attempt = last.answer.split()
    assert _effects(world, key) == ([attempt] if status == "201" else []), "one effect, the one that is told"
    for caller in callers:
        _told_the_truth(caller, last, dead_may_run=False)


def _external(world: World, key: str, callers: list[Caller]) -> None:
    roles = {caller.role for caller in callers}
    last = _last_call(world, key, callers)
    if last.answer == "in_progress":
        assert any(caller.answer == "dead" for caller in callers), "a lease is left, and nobody died"
        world.lease_passes(key)
        last = _last_call(world, key, callers)
    assert last.answer is not None
    assert len({call.downstream for call in world.calls}) <= 1, "the provider would execute twice"
    assert len(world.calls) <= 1 or "takes over" in roles, "the provider was called twice"
    if last.answer.startswith(ANSWERED):
        made = [call.attempt for call in world.calls]
        assert last.answer.split()[2] in made, "an answer without a call"
    else:
        assert last.answer == "outcome_unknown", f"the last caller was told {last.answer}"
        assert _excused(callers), "unknown without a reason"
    for caller in callers:
        _told_the_truth(caller, last, dead_may_run=True)
        if caller.answer == "outcome_unknown":
            assert _excused(callers), "told unknown without a reason"


def _excused(callers: Iterable[Caller]) -> bool:
    """Whether an executor died, lost its connection or its lease, or gave up."""
    return any(caller.faulted or caller.answer == "raised" for caller in callers)


def _last_call(world: World, key: str, callers: Iterable[Caller]) -> Caller:
    """A last caller, of the payload that was executed: another one learns that the key was used."""
    last = world.last_call(key, "answers")
    if last.answer == "key_reused":
        assert any(caller.role == "other payload" for caller in callers)
        return world.last_call(key, "other payload")
    return last


def _told_the_truth(caller: Caller, last: Caller, *, dead_may_run: bool) -> None:
    """What ``caller`` was told is true, given what the last one was told."""
    assert caller.answer is not None
    assert last.answer is not None
    same, word = caller.ask.fingerprint == last.ask.fingerprint, caller.answer
    if word.startswith(ANSWERED):
        assert same, "told the answer to another payload"
        assert word.split()[1:] == last.answer.split()[1:], f"{word} is not {last.answer}"
    elif word == "key_reused":
        assert not same, "told that its own key was reused"
    elif word == "in_progress":
        dead = any(other.answer == "dead" for other in caller.world.callers)
        assert caller.beside or (dead and dead_may_run), "told in_progress, and nobody ran"
    elif word in ("store_unavailable", "dead"):
        assert caller.faulted, f"{word} without a reason"
    else:
        assert word == "outcome_unknown" or (word, caller.role) in UNDONE, word


def _effects(world: World, key: str) -> list[str]:
    return [attempt for (attempt,) in world.query("SELECT attempt FROM effects WHERE key = %s", key)]
