import bank_pb2_grpc
import broken_pb2_grpc
import card_pb2_grpc
from idem_runtime import money_moving, not_money_moving


class Bank(bank_pb2_grpc.BankServicer):
    @money_moving
    def Transfer(self, request, context):  # want IDM201
        return request

    @money_moving
    def Refund(self, request, context):
        return request

    @money_moving
    def Charge(self, request, context):  # want IDM201
        return request

    @money_moving
    def Pay(self, request, context):
        return request

    @money_moving
    def Hold(self, request, context):  # want IDM201
        return request

    @money_moving
    def Wrapped(self, request, context):
        return request

    @money_moving
    def Elsewhere(self, request, context):
        return request

    @money_moving
    def Read(self, request, context):  # want IDM201
        return request

    @money_moving(key=lambda request: request.payment_id)
    def Own(self, request, context):
        return request

    def Unmarked(self, request, context):
        return request


class Card(card_pb2_grpc.CardServicer):
    @money_moving
    def Buy(self, request, context):  # want IDM201
        return request

    @not_money_moving(reason="reads")
    def Read(self, request, context):
        return request


class Broken(broken_pb2_grpc.BrokenServicer):
    @money_moving
    def Break(self, request, context):
        return request
