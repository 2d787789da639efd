from flask import Flask

from wallet.views import bp

app = Flask(__name__)
app.register_blueprint(bp, url_prefix="/wallet")
