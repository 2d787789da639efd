from flask_appbuilder import ModelRestApi, expose
from flask_appbuilder.api import BaseApi, safe
from flask_appbuilder.models.sqla.interface import SQLAInterface
from idem_runtime import money_moving
from wallet.models import Transfer


class TransferApi(ModelRestApi):
    datamodel = SQLAInterface(Transfer)


class EntryApi(ModelRestApi):
    datamodel = SQLAInterface(Transfer)
    include_route_methods = {"get", "get_list"}


class StatementApi(ModelRestApi):
    datamodel = SQLAInterface(Transfer)
    exclude_route_methods = {"post", "delete"}


class PayoutApi(ModelRestApi):
    datamodel = SQLAInterface(Transfer)

    @expose("/", methods=["POST"])
    @safe
    @money_moving
    def post(self):
        return self.response(200)

    @expose("/<int:pk>/cancel", methods=["POST"])
    @safe
    def cancel(self, pk):
        return self.response(200)


class Rates(BaseApi):
    @expose("/rates")
    def rates(self):
        return self.response(200)

    @expose("/quote", methods=["GET", "POST"])
    def quote(self):
        return self.response(200)
