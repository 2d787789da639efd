"""What a code object refers to: names of globals, closures and parameters, each with the attributes read from it.

Read from the bytecode, because that is what runs: no source is needed, and decorators, lambdas and generated code look
as everything else does.
"""

from __future__ import annotations

import dis
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from types import CodeType
from typing import Any, Literal

Root = Literal["global", "cell", "local", "import"]

ATTRIBUTE = ("LOAD_ATTR", "LOAD_METHOD")
FORWARDING = ("BUILD_MAP", "DICT_MERGE", "LIST_EXTEND", "CALL_FUNCTION_EX", "PUSH_NULL")
"""What comes after ``*args`` or ``**kwargs`` where they are passed on whole."""


@dataclass(frozen=True, slots=True)
class Reference:
    """``name.attributes[0].attributes[1]…`` as far as it is read in one go; ``forwarded``: passed on as ``*name``."""

    root: Root
    name: str
    attributes: tuple[str, ...] = ()
    forwarded: bool = False


def of(code: CodeType) -> Iterator[Reference]:
    """Every reference of ``code`` itself; its nested code objects are asked on their own."""
    instructions = [each for each in dis.get_instructions(code) if each.opname not in ("CACHE", "NOP")]
    captured = {*code.co_cellvars, *code.co_freevars}
    for index, instruction in enumerate(instructions):
        after = instructions[index + 1 :]
        if instruction.opname == "IMPORT_NAME":
            level = instructions[index - 2].argval  # the instruction before pushes the names
            yield Reference("import", "." * (level or 0) + instruction.argval, tuple(_imported(after)))
            continue
        root, names = _loaded(instruction, captured)
        for position, name in enumerate(names, 1):
            last = position == len(names)
            attributes = tuple(_attributes(after)) if last else ()
            yield Reference(root, name, attributes, last and after[0].opname in FORWARDING)


def parameters(code: CodeType) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The parameters that have a place of their own, and ``*args`` and ``**kwargs``."""
    plain = code.co_argcount + code.co_kwonlyargcount
    stars = bool(code.co_flags & 0x04) + bool(code.co_flags & 0x08)
    return code.co_varnames[:plain], code.co_varnames[plain : plain + stars]


def stored(code: CodeType) -> Iterator[str]:
    """The names of attributes that ``code`` sets."""
    return (each.argval for each in dis.get_instructions(code) if each.opname == "STORE_ATTR")


def nested(code: CodeType) -> Iterator[CodeType]:
    """The functions, classes and comprehensions that are written in ``code``."""
    return (each for each in code.co_consts if isinstance(each, CodeType))


def _loaded(instruction: dis.Instruction, captured: set[str]) -> tuple[Root, tuple[str, ...]]:
    name = instruction.opname
    if name in ("LOAD_GLOBAL", "LOAD_NAME", "LOAD_FROM_DICT_OR_GLOBALS"):
        return "global", (instruction.argval,)
    if instruction.opcode in dis.hasfree:
        read = name.startswith("LOAD_") and name != "LOAD_CLOSURE"
        return "cell", (instruction.argval,) if read else ()
    if instruction.opcode in dis.haslocal and "LOAD_FAST" in name:
        argument: Any = instruction.argval  # newer interpreters load two at once
        found: tuple[str, ...] = (argument,) if isinstance(argument, str) else argument
        # a cell is loaded as it is only to make a closure of it
        return "local", tuple(each for each in found if each not in captured)
    return "local", ()


def _attributes(after: list[dis.Instruction]) -> Iterator[str]:
    return (each.argval for each in takewhile(lambda each: each.opname in ATTRIBUTE, after))


def _imported(after: list[dis.Instruction]) -> Iterator[str]:
    of_the_import = takewhile(lambda each: each.opname.startswith(("IMPORT_FROM", "STORE_")), after)
    return (each.argval for each in of_the_import if each.opname == "IMPORT_FROM")
