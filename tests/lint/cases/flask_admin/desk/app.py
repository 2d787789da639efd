from flask import Flask
from flask_admin import Admin
from flask_babel import Babel
from wallet.models import Payout, Transfer, db
from wallet.views import Desk, PayoutView, TransferView

app = Flask(__name__)
app.config.update(SECRET_KEY="case", SQLALCHEMY_DATABASE_URI="sqlite://")
Babel(app)
db.init_app(app)
with app.app_context():
    admin = Admin(app)
    admin.add_view(Desk(name="Desk"))
    admin.add_view(TransferView(Transfer, db.session))
    admin.add_view(PayoutView(Payout, db.session))
