import grpc
import wallet_pb2_grpc
from psycopg_pool import ConnectionPool

pool = ConnectionPool("dbname=bank", open=False)


class Wallet(wallet_pb2_grpc.WalletServicer):
    # moves: likely  kind: direct  chain: Wallet.Transfer
    def Transfer(self, request, context):
        with pool.connection() as connection:
            connection.execute(  # writes: direct
                "UPDATE wallets SET balance = balance - %s WHERE id = %s", (request.cents, request.wallet)
            )
        return request

    # moves: no  why: it reads
    def Balance(self, request, context):
        with pool.connection() as connection:
            connection.execute("SELECT balance FROM wallets WHERE id = %s", (request.wallet,))
        return request


def serve():
    server = grpc.server(None)
    wallet_pb2_grpc.add_WalletServicer_to_server(Wallet(), server)
