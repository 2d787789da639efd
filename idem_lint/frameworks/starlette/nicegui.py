"""NiceGUI: its ``app`` and ``APIRouter`` are FastAPI's; what a button does comes over a WebSocket.

Source: nicegui/app/app.py (``class App(FastAPI)``), nicegui/api_router.py.
"""

from __future__ import annotations

from dataclasses import replace

from idem_lint.frameworks.starlette import fastapi

FRAMEWORK = replace(
    fastapi.FRAMEWORK, name="nicegui", packages=("nicegui",), titles=("NiceGUI",), tokens=("nicegui",)
)
