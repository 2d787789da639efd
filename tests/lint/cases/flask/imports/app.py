import flask as fl

import core
from wallet import accounts, conditional, star, typed  # noqa: F401
from wallet.relative import views as relative_views

app = fl.Flask(__name__)
for section in (core.money, star.section, typed.section, relative_views.section, conditional.section):
    app.register_blueprint(section, url_prefix="/wallet")
core.mount(app)
