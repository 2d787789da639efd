"""``python -m idem_lint``."""

from __future__ import annotations

import sys

from idem_lint.cli import main

sys.exit(main())
