import functools
import inspect
import time

TIMINGS: dict[str, float] = {}


def timed(fn):
    """Decorator without arguments, wraps kept."""

    @functools.wraps(fn)
    async def wrapper(*args, **kwargs):
        started = time.monotonic()
        try:
            result = fn(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result
        finally:
            TIMINGS[fn.__name__] = time.monotonic() - started

    return wrapper


def rate_limit(per_minute: int, *, scope: str = "tenant"):
    def decorate(fn):
        @functools.wraps(fn)
        def wrapper(*args, **kwargs):
            return fn(*args, **kwargs)

        wrapper.limit = (scope, per_minute)
        return wrapper

    return decorate


def audited(event: str):
    def decorate(fn):
        fn.audit_event = event
        return fn

    return decorate
