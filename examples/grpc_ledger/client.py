"""Sends one transfer, and sends it again until it is answered: ``python client.py 127.0.0.1:50051 alice shop 500``.

gRPC itself retries what may be retried (see ``SERVICE_CONFIG``), with the same message and so with the same key.
"""

from __future__ import annotations

import json
import sys
import uuid

import grpc
import ledger_pb2 as pb
import ledger_pb2_grpc as rpc

SERVICE_CONFIG = {
    "methodConfig": [
        {
            "name": [{"service": "ledger.v1.Ledger"}],
            "timeout": "20s",
            "retryPolicy": {
                "maxAttempts": 5,
                "initialBackoff": "0.1s",
                "maxBackoff": "2s",
                "backoffMultiplier": 2,
                # UNAVAILABLE: nobody knows whether it was executed. ABORTED: the first one is still running.
                "retryableStatusCodes": ["UNAVAILABLE", "ABORTED"],
            },
        }
    ]
}


def transfer(address: str, source: str, target: str, cents: int, key: str) -> pb.TransferReply:
    """One intent, under a key of its own: a crash of this program is survived by who keeps the key."""
    options = [("grpc.service_config", json.dumps(SERVICE_CONFIG))]
    with grpc.insecure_channel(address, options=options) as channel:
        request = pb.TransferRequest(idempotency_key=key, source=source, target=target, cents=cents)
        reply, call = rpc.LedgerStub(channel).Transfer.with_call(
            request, metadata=(("x-client", "shop-frontend"),)
        )
    replayed = ("idempotent-replayed", "true") in (call.trailing_metadata() or ())
    print(f"transfer {reply.transfer_id}{' (replayed)' if replayed else ''}")
    return reply


if __name__ == "__main__":
    server, payer, payee, amount, *given = sys.argv[1:]
    try:
        transfer(server, payer, payee, int(amount), given[0] if given else str(uuid.uuid4()))
    except grpc.RpcError as error:
        sys.exit(f"{error.code().name}: {error.details()}")
