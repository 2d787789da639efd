"""The generated modules of the test protos, made once per process into a folder of its own."""

from __future__ import annotations

import atexit
import importlib
import shutil
import sys
import tempfile
from pathlib import Path
from typing import Any

import grpc_tools
from grpc_tools import protoc

HERE = Path(__file__).parent
FOLDER = Path(tempfile.mkdtemp(prefix="idem-protos-"))
atexit.register(shutil.rmtree, FOLDER, ignore_errors=True)
sys.path.insert(0, str(FOLDER))


def generated_for_grpclib(name: str) -> Any:
    """The module of services that grpclib's plugin generates."""
    plugin = Path(sys.executable).parent / "protoc-gen-grpclib_python"
    _protoc(name, f"--grpclib_python_out={FOLDER}", f"--plugin=protoc-gen-grpclib_python={plugin}")
    return importlib.import_module(f"{name}_grpc")


def generated(name: str) -> tuple[Any, Any]:
    """The modules of messages and of services that ``name.proto`` generates."""
    _protoc(name, f"--python_out={FOLDER}", f"--grpc_python_out={FOLDER}")
    return importlib.import_module(f"{name}_pb2"), importlib.import_module(f"{name}_pb2_grpc")


def _protoc(name: str, *options: str) -> None:
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    assert protoc.main(["protoc", f"-I{HERE}", f"-I{well_known}", *options, f"{name}.proto"]) == 0
    importlib.invalidate_caches()
