"""Where an ASGI request came in: below which mounts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from idem_runtime.model import Request


@dataclass(frozen=True, slots=True)
class Place:
    """Where a request came in: the mounts above this application, and the path below them."""

    mount: str
    path: str

    @classmethod
    def of(cls, scope: Any) -> Place:
        """From the scope as this application got it. A proxy's root path is no mount: it changes with the deployment."""
        root = scope.get("root_path", "")
        outer = scope.get("app_root_path", root)
        path, below = scope["path"], f"{root}/" if root else ""
        return cls(
            mount=root.removeprefix(outer),
            path=path[len(root) :] if below and path.startswith(below) else path,
        )

    def on(self, head: Request) -> Request:
        """``head``, with the mount as a part of its path's parameters.

        Where the application is mounted may be the program's own business (two tenants) or nobody's (two versions), which
        nothing tells apart: a key that comes in under another mount is refused, neither replayed nor run.
        """
        return replace(head, path_params=(("", self.mount), *head.path_params)) if self.mount else head
