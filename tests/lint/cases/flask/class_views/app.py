from flask import Flask

from wallet import generic, orders, plain
from wallet.orders import Deposits

app = Flask(__name__)
orders.register(app)
plain.register(app)
generic.register_api(app, generic.ACCOUNTS, "accounts")
app.add_url_rule("/wallet/deposits", view_func=Deposits.as_view("deposits"))
