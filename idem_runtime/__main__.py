"""``python -m idem_runtime`` is ``idem-runtime``."""

from __future__ import annotations

import sys

from idem_runtime.operate.cli import main

sys.exit(main())
