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


def generated(name: str, folder: Path = HERE) -> tuple[Any, Any]:
    """The modules of messages and of services that ``name.proto`` in ``folder`` generates."""
    well_known = Path(grpc_tools.__file__).parent / "_proto"
    options = [
        f"-I{folder}",
        f"-I{well_known}",
        f"--python_out={FOLDER}",
        f"--grpc_python_out={FOLDER}",
        f"{name}.proto",
    ]
    assert protoc.main(["protoc", *options]) == 0
    importlib.invalidate_caches()
    return importlib.import_module(f"{name}_pb2"), importlib.import_module(f"{name}_pb2_grpc")
