"""Syntax newer than Python 3.11, rewritten in LibCST's tree so that every line keeps its number.

Covered: PEP 695/696 type parameters and aliases, PEP 701 f-strings, PEP 750 t-strings, PEP 758 ``except`` without
parentheses, PEP 798 unpacking in comprehensions, PEP 810 lazy imports. Everything is rewritten whatever the interpreter,
f-strings alone only where it cannot read them, because they may be routes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import libcst as cst

from idem_lint.source.newer_syntax.strings import Reads
from idem_lint.source.newer_syntax.token_forms import interpreter_reads

_Definition = TypeVar("_Definition", cst.FunctionDef, cst.ClassDef)
_Handler = TypeVar("_Handler", cst.ExceptHandler, cst.ExceptStarHandler)


def rewrite(source: str, *, reads: Reads = interpreter_reads) -> str:
    """``source`` in the syntax of Python 3.11; ``reads`` says which f-strings may stay as they are.

    Raises what LibCST raises: ``ParserSyntaxError``, its logic errors, ``RecursionError``.
    """
    module = cst.parse_module(source)
    return module.visit(_Rewriter(module, reads)).code


class _Rewriter(cst.CSTTransformer):
    def __init__(self, module: cst.Module, reads: Reads) -> None:
        super().__init__()
        self._code = module.code_for_node
        self._reads = reads
        self._pieces: set[cst.CSTNode] = set()

    # PEP 758: except A, B:

    def leave_ExceptHandler(
        self, original_node: cst.ExceptHandler, updated_node: cst.ExceptHandler
    ) -> cst.ExceptHandler:
        return _parenthesised(updated_node)

    def leave_ExceptStarHandler(
        self, original_node: cst.ExceptStarHandler, updated_node: cst.ExceptStarHandler
    ) -> cst.ExceptStarHandler:
        return _parenthesised(updated_node)

    # PEP 695 and 696: type parameters and aliases

    def leave_FunctionDef(
        self, original_node: cst.FunctionDef, updated_node: cst.FunctionDef
    ) -> cst.FunctionDef:
        return self._without_type_parameters(updated_node)

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        return self._without_type_parameters(updated_node)

    def _without_type_parameters(self, node: _Definition) -> _Definition:
        if node.type_parameters is None:
            return node
        lines = self._code(node.type_parameters).count("\n")
        space = (
            node.whitespace_after_name.value + "\\\n" * lines + node.whitespace_after_type_parameters.value
        )
        return node.with_changes(
            type_parameters=None,
            whitespace_after_name=cst.SimpleWhitespace(space),
            whitespace_after_type_parameters=cst.SimpleWhitespace(""),
        )

    def leave_TypeAlias(self, original_node: cst.TypeAlias, updated_node: cst.TypeAlias) -> cst.Assign:
        """``type X[T] = value`` becomes ``X = value``: the name stays bound."""
        head = self._code(updated_node.with_changes(value=cst.Name("_"), semicolon=cst.MaybeSentinel.DEFAULT))
        before_equals = cst.SimpleWhitespace(" " + "\\\n" * head.count("\n"))
        target = cst.AssignTarget(updated_node.name, before_equals, cst.SimpleWhitespace(" "))
        return cst.Assign([target], updated_node.value, semicolon=updated_node.semicolon)

    # PEP 798: unpacking in comprehensions; PEP 810: lazy imports

    def leave_ListComp(self, original_node: cst.ListComp, updated_node: cst.ListComp) -> cst.ListComp:
        return updated_node.with_changes(elt=_unstarred(updated_node.elt))

    def leave_SetComp(self, original_node: cst.SetComp, updated_node: cst.SetComp) -> cst.SetComp:
        return updated_node.with_changes(elt=_unstarred(updated_node.elt))

    def leave_GeneratorExp(
        self, original_node: cst.GeneratorExp, updated_node: cst.GeneratorExp
    ) -> cst.GeneratorExp:
        return updated_node.with_changes(elt=_unstarred(updated_node.elt))

    def leave_StarredDictComp(
        self, original_node: cst.StarredDictComp, updated_node: cst.StarredDictComp
    ) -> cst.SetComp:
        """``{**a for a in b}`` becomes ``{a for a in b}``: nothing here asks what it builds."""
        node = updated_node
        elt = _spaced(node.value, node.whitespace_before_value)
        return cst.SetComp(elt, node.for_in, node.lbrace, node.rbrace, node.lpar, node.rpar)

    def leave_LazyImport(self, original_node: cst.LazyImport, updated_node: cst.LazyImport) -> cst.Import:
        node = updated_node
        space = node.whitespace_after_lazy.value + node.whitespace_after_import.value
        return cst.Import(node.names, node.semicolon, cst.SimpleWhitespace(space))

    def leave_LazyImportFrom(
        self, original_node: cst.LazyImportFrom, updated_node: cst.LazyImportFrom
    ) -> cst.ImportFrom:
        node = updated_node
        return cst.ImportFrom(
            module=node.module,
            names=node.names,
            relative=node.relative,
            lpar=node.lpar,
            rpar=node.rpar,
            semicolon=node.semicolon,
            whitespace_after_from=cst.SimpleWhitespace(
                node.whitespace_after_lazy.value + node.whitespace_after_from.value
            ),
            whitespace_before_import=node.whitespace_before_import,
            whitespace_after_import=node.whitespace_after_import,
        )

    # PEP 701 and 750: f-strings and t-strings

    def visit_ConcatenatedString(self, node: cst.ConcatenatedString) -> None:
        self._pieces.update((node.left, node.right))

    def leave_ConcatenatedString(
        self, original_node: cst.ConcatenatedString, updated_node: cst.ConcatenatedString
    ) -> cst.BaseExpression:
        return updated_node if original_node in self._pieces else self._readable(updated_node)

    def leave_FormattedString(
        self, original_node: cst.FormattedString, updated_node: cst.FormattedString
    ) -> cst.BaseExpression:
        node = self._requoted(updated_node)
        return node if original_node in self._pieces else self._readable(node)

    def leave_TemplatedString(
        self, original_node: cst.TemplatedString, updated_node: cst.TemplatedString
    ) -> cst.BaseExpression:
        """A t-string inside an f-string; the others have become f-strings before LibCST saw them."""
        start = updated_node.start.replace("t", "f").replace("T", "F")
        text = start + self._code(updated_node.with_changes(lpar=(), rpar=()))[len(start) :]
        formatted = cst.ensure_type(cst.parse_expression(text), cst.FormattedString)
        return self._readable(
            self._requoted(formatted).with_changes(lpar=updated_node.lpar, rpar=updated_node.rpar)
        )

    def _requoted(self, node: cst.FormattedString) -> cst.FormattedString:
        """``f"{a["b"]}"`` as ``f"{a['b']}"``, where that is all it needs: it stays an f-string."""
        if self._reads(self._code(node)):
            return node
        requoted = cst.ensure_type(node.visit(_Requoter(node.quote)), cst.FormattedString)
        return requoted if self._reads(self._code(requoted)) else node

    def _readable(self, node: cst.FormattedString | cst.ConcatenatedString) -> cst.BaseExpression:
        """``node``, or its text and its expressions joined, in order, where the interpreter cannot read it."""
        bare = node.with_changes(lpar=(), rpar=())
        if self._reads(self._code(bare)):
            return node
        joined = cst.parse_expression(f'("".join(({"".join(self._elements(bare))})))')
        return joined.with_changes(lpar=[*node.lpar, *joined.lpar], rpar=[*joined.rpar, *node.rpar])

    def _elements(self, node: cst.BaseExpression) -> Iterator[str]:
        """The pieces of a string as elements of a tuple, line for line."""
        if isinstance(node, cst.ConcatenatedString):
            yield from self._elements(node.left)
            yield self._code(node.whitespace_between)
            yield from self._elements(node.right)
        elif isinstance(node, cst.FormattedString):
            for part in node.parts:
                yield from self._part(node, part)
        else:
            yield f"{self._code(node)},"

    def _part(self, string: cst.FormattedString, part: cst.BaseFormattedStringContent) -> Iterator[str]:
        if isinstance(part, cst.FormattedStringExpression):
            yield from self._field(part)
        else:
            text = self._code(part)
            backslashes = len(text) - len(text.rstrip("\\"))
            if backslashes % 2:  # it stood before "{" and would now escape the closing quote
                text = text[:-1]
            yield f"{string.start}{text}{string.end},"

    def _field(self, field: cst.FormattedStringExpression) -> Iterator[str]:
        pieces: list[cst.CSTNode] = [field.whitespace_before_expression, field.expression]
        if field.equal is not None:
            pieces += [field.equal.whitespace_before, field.equal.whitespace_after]
        pieces.append(field.whitespace_after_expression)
        yield f"({''.join(map(self._code, pieces))}),"
        for part in field.format_spec or ():
            if isinstance(part, cst.FormattedStringExpression):
                yield from self._field(part)
            else:
                yield "\n" * self._code(part).count("\n")


class _Requoter(cst.CSTTransformer):
    """Plain strings inside an f-string, in the quotes that the f-string does not use."""

    def __init__(self, quote: str) -> None:
        super().__init__()
        self._other = "'" if quote[0] == '"' else '"'

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        text = updated_node.raw_value
        if set(text) & set("'\"\\\n"):
            return updated_node
        return updated_node.with_changes(value=f"{updated_node.prefix}{self._other}{text}{self._other}")


def _parenthesised(handler: _Handler) -> _Handler:
    caught = handler.type
    if not isinstance(caught, cst.Tuple) or caught.lpar:
        return handler
    return handler.with_changes(type=caught.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()]))


def _unstarred(element: cst.BaseExpression) -> cst.BaseExpression:
    return (
        _spaced(element.value, element.whitespace_before_value)
        if isinstance(element, cst.StarredElement)
        else element
    )


def _spaced(expression: cst.BaseExpression, space: cst.BaseParenthesizableWhitespace) -> cst.BaseExpression:
    """``expression`` in parentheses that also hold ``space``, and the newlines in it."""
    return expression.with_changes(
        lpar=[cst.LeftParen(whitespace_after=space), *expression.lpar],
        rpar=[*expression.rpar, cst.RightParen()],
    )
