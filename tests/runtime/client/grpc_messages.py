"""The messages of the bank over gRPC, made from descriptors: no generated code."""

from __future__ import annotations

from typing import Any

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, wrappers_pb2

RECONNECT = [("grpc.initial_reconnect_backoff_ms", 10), ("grpc.min_reconnect_backoff_ms", 10)]
FIELD = descriptor_pb2.FieldDescriptorProto


def messages() -> dict[str, Any]:
    """The message classes, by name."""
    file = descriptor_pb2.FileDescriptorProto(
        name="bank.proto",
        package="bank",
        syntax="proto3",
        dependency=[wrappers_pb2.DESCRIPTOR.name],
    )
    kinds = {
        "Transfer": {"type": FIELD.TYPE_STRING},
        "Wrapped": {"type": FIELD.TYPE_MESSAGE, "type_name": ".google.protobuf.StringValue"},
        "Numbered": {"type": FIELD.TYPE_INT64},
        "Plain": None,
    }
    for name, kind in kinds.items():
        message = file.message_type.add(name=name)
        message.field.add(name="amount", number=1, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL)
        message.field.add(name="memo", number=3, type=FIELD.TYPE_STRING, label=FIELD.LABEL_OPTIONAL)
        if kind is not None:
            message.field.add(name="idempotency_key", number=2, label=FIELD.LABEL_OPTIONAL, **kind)
    receipt = file.message_type.add(name="Receipt")
    receipt.field.add(name="id", number=1, type=FIELD.TYPE_INT32, label=FIELD.LABEL_OPTIONAL)
    pool = descriptor_pool.DescriptorPool()
    pool.AddSerializedFile(wrappers_pb2.DESCRIPTOR.serialized_pb)
    pool.Add(file)
    return {
        name: message_factory.GetMessageClass(pool.FindMessageTypeByName(f"bank.{name}"))
        for name in (*kinds, "Receipt")
    }


MESSAGES = messages()
Transfer, Wrapped, Numbered, Plain, Receipt = MESSAGES.values()
