import lending_pb2_grpc
from idem_runtime import money_moving


class Lending(lending_pb2_grpc.LendingServicer):
    @money_moving
    def Lend(self, request, context):  # want IDM201
        return request

    @money_moving
    def Repay(self, request, context):
        return request

    @money_moving
    def Close(self, request, context):
        return request

    @money_moving
    def Lost(self, request, context):
        return request

    @money_moving
    def Gone(self, request, context):
        return request

    @money_moving
    def Never(self, request, context):
        return request
