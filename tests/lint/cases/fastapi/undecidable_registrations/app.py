import importlib
import json
import os
from pathlib import Path

from fastapi import FastAPI

from wallet import handlers
from wallet.known import router

app = FastAPI()
app.include_router(router)
SPEC = json.loads(Path(__file__).with_name("routes.json").read_text())

for entry in SPEC:
    module, _, name = entry["handler"].partition(":")
    app.add_api_route(entry["path"], getattr(importlib.import_module(module), name), methods=entry["methods"])

app.add_api_route("/wallet/from-environment", handlers.switch, methods=os.environ.get("VERBS", "POST").split(","))

for name, function in list(vars(handlers).items()):
    if name.startswith("post_"):
        app.post(f"/wallet/{name}")(function)

getattr(app, os.environ.get("VERB", "post"))("/wallet/verb")(handlers.any_verb)
