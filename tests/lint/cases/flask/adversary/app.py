import importlib
from pathlib import Path

from flask import Flask

app = Flask(__name__)

for part in sorted((Path(__file__).parent / "wallet").glob("part_*.py")):
    importlib.import_module(f"wallet.{part.stem}").init_app(app)

app.register_blueprint(importlib.import_module("wallet.plugin").blueprint)
