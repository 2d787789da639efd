from flask import Flask

from wallet.views import app as pages

app = Flask(__name__)
app.register_blueprint(pages, url_prefix="/wallet")
