"""An identity for a finding that survives when code moves within its file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import sha256

from idem_lint.result_types import Finding


def fingerprints(findings: Iterable[Finding]) -> Iterator[str]:
    """One hexadecimal digest a finding, from rule, file and qualified name.

    Findings that share all three are told apart by their order in the file, so every digest of a run is unique.
    """
    seen: dict[tuple[str, str, str], int] = {}
    for finding in findings:
        key = (finding.code, finding.file, finding.qualname)
        seen[key] = seen.get(key, 0) + 1
        text = "\0".join((*key, str(seen[key])))
        yield sha256(text.encode("utf-8", "surrogateescape")).hexdigest()
