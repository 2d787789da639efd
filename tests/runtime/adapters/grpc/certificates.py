"""Certificates for mutual TLS, made by OpenSSL's command line where there is one."""

from __future__ import annotations

import subprocess
from pathlib import Path

import grpc

OPTIONS = [("grpc.ssl_target_name_override", "bank"), ("grpc.use_local_subchannel_pool", 1)]


class Certificates:
    """An authority, and who has a certificate of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._openssl(
            "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=authority -keyout ca.key -out ca.pem"
        )

    def _openssl(self, arguments: str) -> None:
        subprocess.run(["openssl", *arguments.split()], cwd=self.folder, check=True, capture_output=True)

    def _read(self, name: str) -> bytes:
        return (self.folder / name).read_bytes()

    def _issued(self, name: str) -> tuple[bytes, bytes]:
        if not (self.folder / f"{name}.pem").exists():
            (self.folder / f"{name}.ext").write_text(f"subjectAltName=DNS:{name}")
            self._openssl(
                f"req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN={name} -keyout {name}.key -out {name}.csr"
            )
            self._openssl(
                f"x509 -req -in {name}.csr -CA ca.pem -CAkey ca.key -CAcreateserial -days 2 -extfile {name}.ext -out {name}.pem"
            )
        return self._read(f"{name}.key"), self._read(f"{name}.pem")

    def server(self) -> grpc.ServerCredentials:
        return grpc.ssl_server_credentials([self._issued("bank")], self._read("ca.pem"), True)

    def client(self, name: str) -> grpc.ChannelCredentials:
        return grpc.ssl_channel_credentials(self._read("ca.pem"), *self._issued(name))
