class WalletServicer:
    def Transfer(self, request, context):
        raise NotImplementedError

    def Balance(self, request, context):
        raise NotImplementedError


def add_WalletServicer_to_server(servicer, server):
    server.add_generic_rpc_handlers((servicer,))
