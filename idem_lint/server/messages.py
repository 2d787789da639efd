"""What the server asks its workers, and what they answer: values that are pickled. Paths are absolute.

Lines and characters are those of the protocol: 0-based, characters counted in the units that editor and server agreed on.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, TypeAlias

Encoding: TypeAlias = Literal["utf-8", "utf-16", "utf-32"]
Reach: TypeAlias = Literal["imports", "names", "project"]
"""How many files are in view where one file is judged: see :mod:`idem_lint.server.nearby_files`."""
REACHES: tuple[Reach, ...] = ("imports", "names", "project")
BEHIND = "--behind"
"""What a worker is started with whose answers nobody waits for while somebody types."""


class Span(NamedTuple):
    """A piece of a file."""

    line: int
    character: int
    end_line: int
    end_character: int


class Related(NamedTuple):
    """Another place that a reader has to see, and what stands there; ``where`` names it for people."""

    path: str
    span: Span
    text: str
    where: str


@dataclass(frozen=True, slots=True)
class ShownFinding:
    """A finding as an editor shows it. ``link`` leads to its rule's page, where there is one."""

    span: Span
    code: str
    severity: Literal["error", "warning"]
    text: str
    related: tuple[Related, ...] = ()
    link: str = ""


class TextEdit(NamedTuple):
    """A text in the place of a piece of a file."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Action:
    """A change that an editor offers at a finding (``at`` and ``code`` are its)."""

    title: str
    at: Span
    code: str
    edits: tuple[TextEdit, ...]
    is_preferred: bool = False


class HoverText(NamedTuple):
    """Markdown about a piece of a file."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Scene:
    """The folder that is judged, the editor's texts by path, and the ``generation`` of the files on disk: it grows with
    everything that may have changed them. ``is_folder``: false where the file that is judged lies in no folder of the
    workspace. ``settings`` are the texts of configuration files that are open.
    """

    folder: str
    buffers: Mapping[str, str]
    generation: int
    encoding: Encoding
    is_folder: bool = True
    settings: Mapping[str, str] = field(default_factory=dict[str, str])


@dataclass(frozen=True, slots=True)
class JudgeFile:
    """The findings of a file; the answer is a tuple of :class:`ShownFinding`."""

    scene: Scene
    path: str
    reach: Reach = "imports"


@dataclass(frozen=True, slots=True)
class JudgeProject:
    """The findings of a folder; the answer is :class:`Judged`."""

    scene: Scene


@dataclass(frozen=True, slots=True)
class ChooseReach:
    """The least :data:`Reach` that says of a file what the whole project says of it."""

    scene: Scene
    path: str


@dataclass(frozen=True, slots=True)
class Explain:
    """What there is to say about a place; the answer is a :class:`HoverText` or ``None``."""

    scene: Scene
    path: str
    line: int
    character: int
    reach: Reach = "imports"


@dataclass(frozen=True, slots=True)
class OfferActions:
    """What may be done about the findings in some lines, both ends among them; the answer is a tuple of :class:`Action`."""

    scene: Scene
    path: str
    first_line: int
    last_line: int
    reach: Reach = "imports"


@dataclass(frozen=True, slots=True)
class FixAll:
    """All mechanical fixes of a file; the answer is a tuple of :class:`TextEdit`."""

    scene: Scene
    path: str
    reach: Reach = "imports"


Job: TypeAlias = JudgeFile | JudgeProject | ChooseReach | Explain | OfferActions | FixAll


@dataclass(frozen=True, slots=True)
class Judged:
    """The findings of a folder, by path. ``without`` are the paths that nothing is said about: their unsaved text cannot be
    parsed, and the others were judged with the last one that can.
    """

    findings: Mapping[str, tuple[ShownFinding, ...]] = field(
        default_factory=dict[str, "tuple[ShownFinding, ...]"]
    )
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Failed:
    """A job that came to nothing. ``file``: the configuration that cannot be used, if that is why; else idem-lint itself
    failed.
    """

    text: str
    file: str = ""
