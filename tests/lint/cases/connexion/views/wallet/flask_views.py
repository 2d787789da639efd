from flask.views import MethodView

from idem_runtime import money_moving


class TransfersView(MethodView):
    @money_moving
    def post(self):
        return {}, 201

    def get(self):
        return []

    def search(self):
        return []


class Base(MethodView):
    def post(self):
        return {}, 201


class GiftsView(Base):
    pass
