"""The money domain of each file of a run by its path alone, by the file's own configuration."""

from __future__ import annotations

from idem_lint.settings.domains import Domains

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from idem_lint.settings.config import ConfigOf


class FileDomains:
    """``names`` are those of the domains in all configurations of ``files``."""

    def __init__(self, config: ConfigOf, files: Iterable[Path]) -> None:
        self._config = config
        self._domains: dict[int, Domains] = {}
        every = config.every(files)
        self.names = tuple(dict.fromkeys(name for each in every for name in each.domains))

    def of(self, path: Path) -> str | None:
        """The domain of a file, for any kind of handler."""
        config = self._config.of(path)
        if id(config) not in self._domains:
            self._domains[id(config)] = Domains(config)
        return self._domains[id(config)].rpc_of(path)
