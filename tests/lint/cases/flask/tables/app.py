from flask import Flask

from wallet import handlers
from wallet.routes import BY_PATH, ROUTES, SPECS, TABLE, Spec

app = Flask(__name__)

for path, view in BY_PATH.items():
    app.add_url_rule(path, view_func=view, methods=["POST"])

for rule, name, function, verbs in ROUTES:
    app.add_url_rule(rule, name, function, methods=verbs)

for row in TABLE:
    app.add_url_rule(**row)

for spec in SPECS:
    app.add_url_rule(spec.rule, endpoint=spec.name, view_func=spec.view, methods=spec.methods)

[
    app.add_url_rule(f"/wallet/{fn.__name__}", view_func=fn, methods=["POST"])
    for fn in (handlers.open_account, handlers.close_account)
]

for index, handler in enumerate([handlers.first_step, handlers.second_step]):
    app.route(f"/wallet/steps/{index}", methods=["POST"])(handler)

for verb, views in {"GET": [handlers.balance], "POST": [handlers.authorise, handlers.capture]}.items():
    for view in views:
        app.add_url_rule(f"/wallet/{view.__name__}", view_func=view, methods=[verb])

for path, view in zip(["/wallet/hold", "/wallet/release"], [handlers.hold, handlers.release]):
    app.post(path)(view)

late = Spec("/wallet/late", "late", handlers.late)
app.add_url_rule(late.rule, late.name, late.view, methods=late.methods)
