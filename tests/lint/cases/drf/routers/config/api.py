from __future__ import annotations

from config.routers import OptionalSlashRouter as Router

api = Router()
