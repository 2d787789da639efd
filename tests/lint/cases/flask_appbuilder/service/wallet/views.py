from flask_appbuilder import BaseView, PublicFormView, expose
from flask_appbuilder.forms import DynamicForm
from wtforms import IntegerField


class Amount(DynamicForm):
    amount = IntegerField()


class Desk(BaseView):
    @expose("/payout", methods=["POST"])
    def payout(self):
        return "paid"


class Amounts(PublicFormView):
    form = Amount

    def form_get(self, form):
        return None

    def form_post(self, form):
        return "paid"
