"""The floor: find the Python files below a folder, read each, run one byte regex over it."""

from __future__ import annotations

import os
import re
import sys

PATTERN = re.compile(rb"\.post\(")  # a literal: as fast as a regex gets

found = 0
for folder, folders, files in os.walk(sys.argv[1]):
    folders[:] = [name for name in folders if name != "__pycache__"]
    for file in files:
        if file.endswith(".py"):
            with open(os.path.join(folder, file), "rb") as source:
                found += PATTERN.search(source.read()) is not None
