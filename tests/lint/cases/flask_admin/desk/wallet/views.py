from flask.views import MethodView
from flask_admin import BaseView, expose, expose_plugview
from flask_admin.actions import action
from flask_admin.contrib.sqla import ModelView
from idem_runtime import money_moving


class Desk(BaseView):
    @expose("/")
    def index(self):
        return "desk"

    @expose("/payout", methods=("GET", "POST"))
    @expose("/pay-out", methods=("POST",))
    def payout(self):
        return "paid"

    @money_moving
    @expose("/refund", ["POST"])
    def refund(self):
        return "paid"

    @expose_plugview("/settle")
    class Settle(MethodView):
        def get(self, cls):
            return "page"

        def post(self, cls):
            return "settled"


class TransferView(ModelView):
    @action("approve", "Approve", "Sure?")
    def approve(self, ids):
        pass

    def create_model(self, form):
        return super().create_model(form)

    def on_model_change(self, form, model, is_created):
        pass


class PayoutView(ModelView):
    column_list = ("id",)
