import grpc


class LedgerStub:
    def __init__(self, channel: grpc.Channel) -> None:
        self.PostTransfer = channel.unary_unary("/bank.Ledger/PostTransfer")
        self.GetBalance = channel.unary_unary("/bank.Ledger/GetBalance")
