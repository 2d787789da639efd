from flask import Flask
from flask_restful import Api

from wallet.errors import MoneyApi
from wallet.factory import make_resource
from wallet.table import ROUTES, SAME

app = Flask(__name__)
api = Api()
wired = MoneyApi(app)

for resource, *urls in ROUTES:
    api.add_resource(resource, *urls)

for name, resource in SAME.items():
    api.add_resource(resource, f"/wallet/same/{name}", endpoint=f"same-{name}")


def register(target, prefix):
    from wallet.late import Late

    target.add_resource(Late, f"{prefix}/late")


register(api, "/wallet")
api.add_resource(make_resource("gift"), "/wallet/gift", endpoint="gift")
api.add_resource(make_resource("card"), "/wallet/card", endpoint="card")
api.init_app(app)

wired.money(__import__("wallet.late", fromlist=["Later"]).Later, "/wallet/later")
