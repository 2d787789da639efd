"""Which paths a command is about, what standard input stands for, and the configuration of them."""

from __future__ import annotations

import os
import sys

from idem_lint.running.cli_options import COMMANDS
from idem_lint.running.option_parsing import UsageError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from argparse import Namespace
    from collections.abc import Sequence
    from pathlib import Path

    from idem_lint.settings.config import Config
    from idem_lint.settings.config_files import Configurations


def input_of(options: Namespace) -> tuple[list[Path], tuple[Path, bytes] | None]:
    """The paths to look at, and what standard input holds, under the absolute path it stands for."""
    from pathlib import Path

    if "-" not in options.paths:
        if options.stdin_filename is not None:
            raise UsageError("--stdin-filename names what standard input holds; add the path - to read it")
        _no_misspelt_command(options.paths)
        return [Path(text) for text in options.paths], None
    if options.paths != ["-"]:
        raise UsageError("the path - (standard input) stands alone; lint the other paths in another run")
    if options.stdin_filename is None:
        raise UsageError("the path - needs --stdin-filename PATH: its folders decide the money domain")
    path = Path(os.path.abspath(options.stdin_filename))
    return [path], (path, sys.stdin.buffer.read())


def only_files(paths: list[Path], stdin: tuple[Path, bytes] | None) -> list[Path]:
    """The paths of a command that writes files or remembers them."""
    if stdin is not None:
        raise UsageError("this is about files of the project, not standard input: name files or folders")
    return paths


def configured(options: Namespace, paths: Sequence[Path]) -> Configurations:
    """The configurations of the files, with what the command line says on top."""
    from idem_lint.running.project_run import config_for

    def adjust(config: Config) -> Config:
        return config._replace(
            all_domains=options.all_domains,
            exclude=(*config.exclude, *options.exclude),
            select=options.select or config.select,
            ignore=(*config.ignore, *options.ignore),
        )

    return config_for(paths, options.config, preset=options.preset, adjust=adjust, jobs=options.jobs)


def _no_misspelt_command(paths: list[str]) -> None:
    """A word alone that is no file may be a command, misspelt."""
    word = paths[0]
    if len(paths) == 1 and os.sep not in word and "." not in word and not os.path.lexists(word):
        from idem_lint.settings.config import nearest_spelling

        hint = nearest_spelling(word, COMMANDS)
        if hint:
            raise UsageError(f'no file, folder or command "{word}"{hint}')
