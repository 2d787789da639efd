from fastapi import FastAPI

from lending import registry, tables, verbs

app = FastAPI()
tables.register(app)
verbs.attach(app)
for path, function in registry.COMMANDS.items():
    app.post(f"/lending/{path}")(function)
