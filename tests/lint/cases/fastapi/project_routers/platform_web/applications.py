from typing import Any

import fastapi


class FastAPI(fastapi.FastAPI):
    def __init__(self, **extra: Any) -> None:
        super().__init__(redoc_url=None, **extra)

        @self.get("/livez")
        def livez():
            return {}
