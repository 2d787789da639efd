from flask import Flask
from flask_appbuilder import AppBuilder
from flask_appbuilder.utils.legacy import get_sqla_class
from wallet import api, views

app = Flask(__name__)
app.config.update(SECRET_KEY="a key of more than sixteen", SQLALCHEMY_DATABASE_URI="sqlite://", FAB_ADD_SECURITY_VIEWS=False)
db = get_sqla_class()(app)
with app.app_context():
    appbuilder = AppBuilder(app, db.session)
    for resource in (api.TransferApi, api.EntryApi, api.StatementApi, api.PayoutApi, api.Rates):
        appbuilder.add_api(resource)
    appbuilder.add_view_no_menu(views.Desk)
    appbuilder.add_view_no_menu(views.Amounts)
