"""``idem-lint``: arguments in, exit code out (``commands/output.py`` lists the codes), whatever goes wrong."""

from __future__ import annotations

import gc
import os
import sys

from idem_lint.commands.output import INTERRUPTED, PIPE_CLOSED, fail
from idem_lint.running.cli_options import parse
from idem_lint.running.option_parsing import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Callable, Sequence

_EXTRA = ("libcst", "flake8", "proto_schema_parser", "antlr4")
_SERVER_EXTRA = ("pygls", "lsprotocol", "cattrs", "attr", "attrs")


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; ``argv`` is without the program's name. Without ``argv`` the process
    is taken to be the command line's own.
    """
    if argv is not None:
        return _main(argv)
    # Nearly all that a run makes is in use until its end: to look for garbage would take as long as to judge.
    gc.disable()
    try:
        return _main(sys.argv[1:])
    finally:
        gc.freeze()  # the interpreter looks for garbage once more on its way out


def _main(argv: Sequence[str]) -> int:
    try:
        command, options = parse(list(argv))
        return _run(command, options)
    except UsageError as error:
        return fail(str(error))
    except ImportError as error:
        return fail(_missing(error))
    except BrokenPipeError:
        # What is still buffered has nowhere to go; without this the interpreter would complain on its way out.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return PIPE_CLOSED
    except KeyboardInterrupt:
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 - Python's own exit code for it is 1, which reads as "findings".
        import traceback

        traceback.print_exc()
        return fail(f"a fault of idem-lint itself, nothing is known about the files: {error!r}")


def _run(command: str, options: Namespace) -> int:
    """Run one command. What is wrong with paths or configuration becomes a UsageError."""
    from idem_lint.settings.config import ConfigError
    from idem_lint.source import discovery

    reconfigure = getattr(sys.stdout, "reconfigure", None)
    if reconfigure is not None:
        reconfigure(errors="backslashreplace")
    try:
        code = _command(command)(options)
    except (ConfigError, discovery.UsageError) as error:
        raise UsageError(str(error)) from error
    sys.stdout.flush()
    return code


def _command(name: str) -> Callable[[Namespace], int]:
    from idem_lint.commands import adopting, checking, listing

    return {
        "check": checking.check,
        "init": adopting.init,
        "baseline": adopting.baseline,
        "annotate": adopting.annotate,
        "verify": adopting.verify,
        "inventory": listing.inventory,
        "money": listing.money,
        "why": listing.why,
        "explain": listing.explain,
        "rules": listing.rules,
        "server": _server,
    }[name]


def _server(_options: Namespace) -> int:
    from idem_lint.server.language_server import serve

    return serve()


def _missing(error: ImportError) -> str:
    package = (error.name or "").partition(".")[0]
    if package in _EXTRA:
        return f'{package} is not installed; to install it: pip install "idem-guard[lint]"'
    if package in _SERVER_EXTRA:
        return f'{package} is not installed; to install it: pip install "idem-guard[server]"'
    return f"cannot load {error.name or 'a part of idem-lint'}, so nothing was checked: {error}"
