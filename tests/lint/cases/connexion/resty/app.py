from pathlib import Path

from connexion import AsyncApp
from connexion.resolver import RelativeResolver, RestyResolver

HERE = Path(__file__).parent

app = AsyncApp(__name__, specification_dir=HERE)
app.add_api(HERE / "resty.yml", resolver=RestyResolver("wallet"))
app.add_api("relative.yml", resolver=RelativeResolver("wallet.relative"), base_path="/relative")
app.add_api(
    {
        "openapi": "3.0.3",
        "info": {"title": "inline", "version": "1"},
        "paths": {
            "/orders": {
                "post": {
                    "operationId": "wallet.inline.order",
                    "responses": {"200": {"description": "ordered"}},
                }
            }
        },
    },
    base_path="/inline",
)
