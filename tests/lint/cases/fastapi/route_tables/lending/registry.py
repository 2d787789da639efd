from collections.abc import Callable

COMMANDS: dict[str, Callable] = {}
EVENTS: dict[str, list[Callable]] = {}


def command(path: str):
    def keep(fn):
        COMMANDS[path] = fn
        return fn

    return keep


def listens(event: str):
    def keep(fn):
        EVENTS.setdefault(event, []).append(fn)
        return fn

    return keep


@command("close")
async def close(): return {}


@command("reopen")
async def reopen(): return {}


@listens("loan.closed")
async def notify(): return {}
