from google.protobuf import message as _message

DESCRIPTOR: object

class LendRequest(_message.Message):
    __slots__ = ("amount",)
    amount: int

class RepayRequest(_message.Message):
    idempotency_key: str

class CloseRequest(_message.Message):
    @property
    def amount(self) -> int: ...
    @property
    def idempotency_key(self) -> wrappers_pb2.StringValue: ...
