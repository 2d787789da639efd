"""``project.json`` of Nx: the tags of a project. Like Nx, it may hold comments and trailing commas."""

from __future__ import annotations

import re
from typing import Any, cast

from idem_lint.settings.config import ConfigError

_STRING = r'"(?:\\.|[^"\\])*"'
_COMMENT = re.compile(_STRING + r"|//[^\n]*|/\*.*?\*/", re.DOTALL)
_TRAILING_COMMA = re.compile(_STRING + r"|,(?=\s*[}\]])", re.DOTALL)


def scopes(path: str) -> list[str]:
    """What follows ``scope:`` in the tags of the file at ``path``; none where there is no such file.

    Raises ConfigError for a file that cannot be read or is no Nx project.
    """
    try:
        with open(path, encoding="utf-8-sig") as file:
            content = file.read()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
        return []
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{path}: cannot be read: {error}") from error
    return [tag.removeprefix("scope:") for tag in _tags(path, content) if tag.startswith("scope:")]


def _tags(path: str, content: str) -> list[str]:
    import json

    try:
        project: Any = json.loads(content)
    except json.JSONDecodeError:
        try:
            project = json.loads(_plain(content))
        except json.JSONDecodeError as error:
            raise ConfigError(f"{path}: is not valid JSON: {error}") from error
    if not isinstance(project, dict):
        raise ConfigError(f'{path}: found no object; allowed: an Nx project, {{"tags": ["scope:wallet"]}}')
    tags: Any = cast("dict[str, Any]", project).get("tags", [])
    if isinstance(tags, list) and all(isinstance(tag, str) for tag in cast("list[object]", tags)):
        return cast("list[str]", tags)
    raise ConfigError(f'{path}: tags: found {json.dumps(tags)}; allowed: a list of strings, ["scope:wallet"]')


def _plain(content: str) -> str:
    """``content`` without comments, then without trailing commas; strings stay as they are."""
    for pattern in _COMMENT, _TRAILING_COMMA:
        content = pattern.sub(lambda match: match[0] if match[0].startswith('"') else " ", content)
    return content
