from flask import Flask

from wallet import routes

app = Flask(__name__)
app.register_blueprint(routes.pages, url_prefix="/wallet")
