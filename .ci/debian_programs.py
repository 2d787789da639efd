"""Unpacks programs of Debian's into VENV/PROGRAM where they are not on PATH: no root, and nothing is installed system-wide.

``debian_programs.py VENV PROGRAM…``, such as pgbouncer, redis-server and a browser. By ``apt-get download`` and
``dpkg-deb -x``: a program's packages, and the libraries that it misses. Where apt has no package lists (or old ones), they
are fetched into a folder of their own first. What goes wrong stops nothing: it is written to ``VENV/PROGRAM-missing``, the
reason that the tests give when they are skipped. Tried again with the next run.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

PACKAGES = {
    "pgbouncer": ["pgbouncer"],
    "redis-server": ["redis-server", "redis-tools"],
    "nvim": ["neovim", "neovim-runtime", "lua-luv"],
    "chromium-headless-shell": ["chromium-headless-shell", "chromium-common"],
}
"""Where each program lies; Debian's ``redis-server`` is a link to a file of ``redis-tools``."""
AS_GOOD = {"chromium-headless-shell": ("chromium", "chromium-browser", "google-chrome")}
"""What serves in a program's place."""

PATIENCE = 60.0  # seconds, for one program
WRAPPER = """#!/bin/sh
here=$(dirname -- "$(readlink -f -- "$0")")
LD_LIBRARY_PATH="{libraries}" exec "$here/{program}" "$@"
"""
SETTINGS = (
    "Acquire::http::Timeout=10",
    "Acquire::https::Timeout=10",
    "Acquire::Retries=1",
    "APT::Sandbox::User=root",
)
OPTIONS = [part for setting in SETTINGS for part in ("-o", setting)]


class NotFetched(Exception):
    """What failed, in one line."""


def main() -> None:
    venv = Path(sys.argv[1]).absolute()
    for program in sys.argv[2:]:
        provide(program, venv)


def provide(program: str, venv: Path) -> None:
    there, missing = venv / program, venv / f"{program}-missing"
    if any(map(shutil.which, (program, *AS_GOOD.get(program, ())))) or (there / program).exists():
        return
    try:
        with tempfile.TemporaryDirectory(prefix=f"{program}-", dir=venv) as scratch:
            finished = Fetch(program, Path(scratch)).run()
            if not there.exists():  # or another run was faster
                finished.rename(there)
    except (NotFetched, OSError, subprocess.SubprocessError) as error:
        missing.write_text(" ".join(str(error).split()), encoding="utf-8")
    else:
        missing.unlink(missing_ok=True)


class Fetch:
    """One attempt at one program, in a folder of its own."""

    def __init__(self, program: str, scratch: Path) -> None:
        self.program = program
        self.end = time.monotonic() + PATIENCE
        self.packages = scratch / "packages"
        self.root = scratch / "root"
        self.state = scratch / "apt"
        self.options = OPTIONS
        for folder in (self.packages, self.root, self.state / "lists" / "partial"):
            folder.mkdir(parents=True)

    def run(self) -> Path:
        """The folder with everything in it, shown to work."""
        if not shutil.which("apt-get") or not shutil.which("dpkg-deb"):
            raise NotFetched("apt-get and dpkg-deb are not both on PATH")
        try:
            self.unpack(*PACKAGES[self.program])
        except NotFetched:
            self.refresh()
            self.unpack(*PACKAGES[self.program])
        found = self.found()
        self.complete(found)
        self.wrap(found)
        self.ask(str(self.root / self.program), "--version")
        return self.root

    def found(self) -> Path:
        """The program itself; the browser's file in a ``bin`` folder is a script that starts it where it is installed."""
        named = (
            path for place in ("lib/*", "*bin") for path in self.root.glob(f"usr/{place}/{self.program}")
        )
        for path in named:
            if path.is_file():
                return path
        raise NotFetched(f"{self.program} is not in the packages {', '.join(PACKAGES[self.program])}")

    def unpack(self, *packages: str) -> None:
        """Download packages, and unpack them beside the others."""
        before = set(self.packages.glob("*.deb"))
        self.ask("apt-get", *self.options, "download", *packages, cwd=self.packages)
        for archive in set(self.packages.glob("*.deb")) - before:
            self.ask("dpkg-deb", "-x", str(archive), str(self.root))

    def refresh(self) -> None:
        """Package lists of our own. A source that does not answer leaves the others', so the download judges."""
        self.options = [
            *OPTIONS,
            "-o",
            f"Dir::State::lists={self.state}/lists",
            "-o",
            f"Dir::Cache={self.state}",
        ]
        done = self.start("apt-get", *self.options, "update")
        if not any((self.state / "lists").glob("*Packages*")):
            raise NotFetched(f"apt-get update: {last_line(done)}")

    def complete(self, program: Path) -> None:
        """The libraries that this machine lacks: what the packages at hand depend on, ring by ring."""
        asked: set[str] = set()
        while self.lacks(program):
            names = {
                name for package in self.packages.glob("*.deb") for name in self.depends(package)
            } - asked
            if not names:
                raise NotFetched(f"no package has the libraries {', '.join(self.lacks(program))}")
            asked |= names
            self.unpack(*sorted(names))

    def depends(self, package: Path) -> list[str]:
        """The libraries among a package's dependencies that are not installed."""
        names = re.findall(
            r"(?:^|, )(lib[a-z0-9.+-]+)", self.ask("dpkg-deb", "-f", str(package), "Depends").stdout
        )
        return [name for name in names if not self.is_installed(name)]

    def is_installed(self, package: str) -> bool:
        """Not where only the settings of a removed package are left."""
        asked = self.start("dpkg-query", "--show", "--showformat=${db:Status-Status} ", package)
        return "installed" in asked.stdout.split()

    def lacks(self, program: Path) -> list[str]:
        """The shared objects that the loader does not find."""
        environment = {**os.environ, "LD_LIBRARY_PATH": ":".join(map(str, self.libraries()))}
        said = self.start("ldd", str(program), environment=environment).stdout
        return re.findall(r"(\S+) => not found", said)

    def libraries(self) -> list[Path]:
        """The folders with shared objects in them."""
        return sorted({path.parent for path in self.root.rglob("lib*.so*")})

    def wrap(self, program: Path) -> None:
        """A script that runs it where it lies, so that the folder can be moved."""
        folders = self.libraries() or [self.root]  # an empty path would be the working directory's
        libraries = ":".join(f"$here/{folder.relative_to(self.root)}" for folder in folders)
        script = self.root / self.program
        script.write_text(
            WRAPPER.format(libraries=libraries, program=program.relative_to(self.root)), encoding="utf-8"
        )
        script.chmod(0o755)

    def ask(self, *command: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Run a command that has to succeed."""
        done = self.start(*command, cwd=cwd)
        if done.returncode:
            raise NotFetched(f"{' '.join(command[:1] + command[-2:])}: {last_line(done)}")
        return done

    def start(
        self, *command: str, cwd: Path | None = None, environment: dict[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run a command for as long as there is time."""
        left = max(self.end - time.monotonic(), 0.1)
        environment = {**(environment or os.environ), "LC_ALL": "C"}
        try:
            return subprocess.run(
                command, cwd=cwd, env=environment, capture_output=True, text=True, timeout=left, check=False
            )
        except subprocess.TimeoutExpired:
            raise NotFetched(f"{command[0]} had not finished after {PATIENCE:.0f} s in all") from None


def last_line(done: subprocess.CompletedProcess[str]) -> str:
    """What a command said last."""
    said = [line for line in (done.stderr + done.stdout).splitlines() if line.startswith(("E:", "W:"))]
    return (said or [done.stderr.strip() or f"exit code {done.returncode}"])[0]


if __name__ == "__main__":
    main()
