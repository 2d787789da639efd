"""Is there any way from a marked function to a connection that an ``Idempotency`` lends? Asked at start-up.

The answer ``none`` refuses a program to start, so it is given only where it is certain. The rule is a closed world: a
function can only use what it refers to (globals, closures, imports, defaults), what it was given, and what those
give it. So everything that it refers to is followed, as far as it leads:

- functions into their code, with what they wrap, enclose and have as defaults; partials and methods into their parts;
- classes into all their methods, instances into their class and all their attributes, containers into their items;
- objects of the standard library and of known drivers and frameworks (``KNOWN``) only for callbacks that they hold.

An ``Idempotency``, a method of one, or ``idem.lent`` on the way: ``there``. The whole search without one and without a
doubt: ``none``; a handler that uses ``pool.connection()`` of a pool of its own, and whatever comes of it, ends here. And
``unseen``, which refuses nothing, where something could be a way and cannot be looked into:

- a parameter of the handler whose origin is not known: any use of it. What the framework parses from the request
  (``data``) is harmless, and of a request only what the client sent (``READ_OF_A_REQUEST``), never ``request.app`` or
  ``request.state``. Parameters of functions that only followed code calls get nothing that was not followed already;
- what is filled in later or per context: context variables, thread locals, ``flask.g``, ``current_app``, a name or an
  attribute that is missing or ``None``, an empty container, a module of the program passed around as a value;
- what looks names up: ``getattr``, ``eval``, ``globals``, ``importlib``, classes with ``__getattr__``;
- an extension module that is not known, and anything beyond ``LIMIT`` objects.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from idem_runtime.reach import Found, Kind, Me, Search

Answer = Literal["there", "none", "unseen"]


@dataclass(frozen=True)
class Entry:
    """Something a framework calls; ``given``: the kinds of its parameters, as far as they are known, by name.

    ``cls``: the class that the framework makes an instance of, where ``call`` is a method of it.
    """

    call: Any
    given: Mapping[str, Kind] = field(default_factory=dict[str, Kind])
    cls: type | None = None


def way(entries: Iterable[Entry]) -> Answer:
    """Whether any of ``entries`` (a handler and its dependencies) leads to a connection that an ``Idempotency`` lends."""
    search = Search()
    try:
        for entry in entries:
            search.enter(entry.call, entry.given, None if entry.cls is None else Me(cls=entry.cls, open=True))
        search.finish()
    except Found:
        return "there"
    except Exception:  # noqa: BLE001 - objects of the program are looked at, and they may raise what they like
        return "unseen"
    return "unseen" if search.unseen else "none"
