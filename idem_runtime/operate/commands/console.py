"""``idem-runtime console``: the console for one person, on this machine alone."""

from __future__ import annotations

import argparse
import getpass
import secrets
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, make_server

from idem_runtime.errors import ConfigurationError
from idem_runtime.operate import cli_options, terminal_output
from idem_runtime.operate.cli_options import Command

if TYPE_CHECKING:
    from idem_runtime.operate.console.messages import ConsoleRequest

HOST = "127.0.0.1"
DEFAULT_PORT = 8720
MOST_PORTS = 65_535
EXAMPLES = """\
  idem-runtime console --dsn postgresql://localhost/bank
  idem-runtime console --by ann --port 0       # any port that is free
  idem-runtime console --read-only"""


def _port(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or int(text) > MOST_PORTS:
        raise argparse.ArgumentTypeError(f"{text!r} is not a port: 0 to {MOST_PORTS}")
    return int(text)


def _add_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--port", type=_port, default=DEFAULT_PORT, help=f"default: {DEFAULT_PORT}; 0: one that is free"
    )
    parser.add_argument(
        "--by", type=cli_options.not_blank, help="who decides; recorded (default: this account's name)"
    )
    parser.add_argument("--read-only", action="store_true", help="nothing can be decided or removed")


def _run(arguments: argparse.Namespace) -> int:
    from idem_runtime.operate.console.application import Console
    from idem_runtime.operate.console.local import OneBrowser
    from idem_runtime.operate.console.visits import Rights

    with cli_options.connect(arguments) as admin:
        admin.row("now")  # what is wrong with the store is said here, and not first in a browser
    settings = cli_options.settings_of(arguments)
    dsn = "" if settings.dsn is None else settings.dsn.get_secret_value()
    who = arguments.by or getpass.getuser()

    def user(_: ConsoleRequest) -> str:
        return who

    rights = Rights(user, lambda _: not arguments.read_only)
    console = Console(
        lambda: dsn,
        lambda: cli_options.table_of(settings),
        rights,
        retention=settings.retention.total_seconds(),
        activity=None,
    )
    application = OneBrowser(console.wsgi, secrets.token_urlsafe(32))
    try:
        server = make_server(HOST, arguments.port, application, handler_class=_Quiet)
    except OSError as error:
        raise ConfigurationError(
            f"port {arguments.port}: {error.strerror or error}; another one with --port"
        ) from None
    with server:
        address = f"http://{HOST}:{server.server_port}/?{application.PARAMETER}={application.secret}"
        terminal_output.print_lines([f"{address}\nfor {who}, in one browser on this machine; Ctrl-C ends it"])
        terminal_output.flush()
        server.serve_forever()
    console.close()
    return 0


class _Quiet(WSGIRequestHandler):
    """Without a line for each request, which would have keys in it."""

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


COMMAND = Command(
    name="console",
    description="Serve the console on this machine: unknown outcomes, records, what is running, the store's examination. "
    "The address that it prints opens it, in one browser.",
    examples=EXAMPLES,
    add_options=_add_options,
    run=_run,
)
