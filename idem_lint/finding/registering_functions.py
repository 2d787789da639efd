"""Which functions of a project register what their callers give them, and what its decorators and classes lead to."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from idem_lint.engine.module_facts import Binding, CallSite, Module, Scope, outermost, terminal
from idem_lint.engine.scope_lookup import SELF
from idem_lint.engine.value_types import (
    UNKNOWN,
    Applied,
    Bound,
    Func,
    Klass,
    Lambda,
    Made,
    Member,
    Parameter,
    Value,
    options,
)
from idem_lint.finding.leading_names import LeadingNames
from idem_lint.finding.noted_attributes import Noted, noted

if TYPE_CHECKING:
    from idem_lint.engine.evaluator import Evaluator
    from idem_lint.finding.interface import Registration
    from idem_lint.finding.known_frameworks import Registry

# Displays and comprehensions: a list, dict or set that is written out has no method that registers.
_COLLECTIONS = (ast.List, ast.ListComp, ast.Dict, ast.DictComp, ast.Set, ast.SetComp)
# Builtins that do something with a function they are given, or make what registers.
_FOLLOWED_BUILTINS = frozenset({"type"})


class Notes:
    """The first look at a module: which classes extend which, and what decorators that collect were put on."""

    def __init__(self, evaluator: Evaluator, extended: set[ast.AST], noted: list[Noted]) -> None:
        self.evaluator = evaluator
        self.extended = extended
        self.noted = noted

    def note(self, module: Module) -> bool:
        """Note the classes and decorated functions of a module; whether there was anything to note."""
        return any([self._classes(module), self._decorated(module)])

    def _classes(self, module: Module) -> bool:
        is_new = False
        for node, scope in list(module.classes):
            klass = Klass(node, scope)
            for base in self.evaluator.mro(klass)[1:] if node.bases else ():
                if isinstance(base, Klass):
                    self.extended.add(base.node)
                    self.evaluator.heirs.setdefault(base.node, {}).setdefault(node, klass)
                    is_new = True
        return is_new

    def _decorated(self, module: Module) -> bool:
        is_new = False
        for node, scope in module.functions:
            for decorator in node.decorator_list:
                for option in options(self.evaluator.evaluate(decorator, scope)):
                    is_new |= self.evaluator.note_application(option, Func(node, scope))
                    attributes = noted(self.evaluator, option, Func(node, scope))
                    self.noted += [attributes] if attributes is not None else []
                    self._put_on(node, attributes)
        for definition, scope in list(module.classes):
            for decorator in definition.decorator_list:
                for option in options(self.evaluator.evaluate(decorator, scope)):
                    is_new |= self.evaluator.note_application(option, Klass(definition, scope))
                    self._put_on(definition, noted(self.evaluator, option, Klass(definition, scope)))
        return is_new

    def _put_on(self, node: ast.AST, attributes: Noted | None) -> None:
        if attributes is not None:
            values = {name: value for (_, name), value in attributes.environment.items()}
            self.evaluator.put_on.setdefault(node, {}).update(values)


class Finding(Protocol):
    """What finds the registrations of calls and decorators."""

    def called(self, site: CallSite) -> Iterator[Registration]:
        """The registrations that one call makes."""
        ...

    def decorated(self, function: Func) -> Iterator[Registration]:
        """The registrations made by the decorators of one function."""
        ...


class Studies:
    """Looks into each function that a registering call may lead to, once, when it is first asked for."""

    def __init__(
        self,
        evaluator: Evaluator,
        registry: Registry,
        finding: Finding,
        in_view: Callable[[], list[Module]],
    ) -> None:
        self._evaluator = evaluator
        self._registry = registry
        self._finding = finding
        self._parametric: dict[ast.AST, list[CallSite | Func]] = {}
        self._roots_of: dict[ast.AST, dict[ast.AST, Parameter | None]] = {}
        self._studied: set[ast.AST] = set()
        self._going_on: set[ast.AST] = set()
        self._roots: dict[tuple[Scope, str], bool] = {}
        self._names = LeadingNames(evaluator, self, in_view)
        self._depth = 0

    @property
    def are_going_on(self) -> bool:
        """Whether a function is being looked into: then what it registers is no registration yet."""
        return self._depth > 0

    def forget(self, leading_names: Iterable[str] | None) -> None:
        """Drop what was found before all modules were known; calls of attributes by these names may register anyhow."""
        self._names.forget(leading_names)
        self._parametric.clear()
        self._roots_of.clear()
        self._studied.clear()
        self._roots.clear()

    def parametric(self, function: Func | Lambda) -> list[CallSite | Func]:
        """What a function registers that its callers decide: calls in it, and functions that are decorated in it."""
        outer = outermost(function.body)
        if outer.node not in self._studied:
            self._studied.add(outer.node)
            self._going_on.add(outer.node)
            self._depth += 1
            try:
                self._study(outer)
            except BaseException:
                self._studied.discard(outer.node)  # what was found so far is not all
                raise
            finally:
                self._depth -= 1
                self._going_on.discard(outer.node)
        return self._parametric.get(function.node, [])

    def registers(self, function: Func | Lambda) -> bool:
        """Whether a function may register what its callers give it; true, too, where that is being found out."""
        return outermost(function.body).node in self._going_on or bool(self.parametric(function))

    def _study(self, outer: Scope) -> None:
        sites = [site for site in outer.module.sites_in(outer) if self.may_register(site)]
        name = getattr(outer.node, "name", None)
        # Calls of the function itself are looked at last: what it registers is known then.
        for site in sorted(sites, key=lambda site: terminal(site.node.func) == name):
            for owner, root in self._deciding(site):
                self._add(owner, site, root)
        for node, scope in outer.module.functions_in(outer):
            if node.decorator_list:
                function = Func(node, scope)
                for owner in self._deciding_decorators(function):
                    self._add(owner, function, None)

    def _add(self, owner: Scope, part: CallSite | Func, root: Parameter | None) -> None:
        known = self._parametric.setdefault(owner.node, [])
        roots = self._roots_of.setdefault(owner.node, {})
        if part.node not in roots:
            known.append(part)
            roots[part.node] = root
        elif roots[part.node] is not root:
            roots[part.node] = None

    def called_parameters(self, function: Func | Lambda) -> list[tuple[CallSite, Parameter]] | None:
        """The calls in a function that register something only if one of its parameters, which they call, does that; with
        the parameter. ``None`` where it registers anything by other calls, or by decorators.
        """
        found: list[tuple[CallSite, Parameter]] = []
        for part in self.parametric(function):
            root = self._roots_of[function.node][part.node]
            if not isinstance(part, CallSite) or root is None or root.scope.node is not function.node:
                return None
            found.append((part, root))
        return found

    def may_register(self, site: CallSite) -> bool:
        """False where a call is one of the standard library, of a package that registers nothing or of a collection that is
        written out, by what its first name is bound to; and where nothing by the name of the method that is called is
        what registers.
        """
        return not self.is_plain(site) and self.is_by_leading_name(site)

    def is_by_leading_name(self, site: CallSite) -> bool:
        """False where no attribute by the name that is called registers what it is given, whatever the object is."""
        func = site.node.func
        return not isinstance(func, ast.Attribute) or self._names.may_lead_by(func.attr, site.node)

    def may_lead(self, name: str) -> bool:
        """Whether an attribute by this name may register what it is given."""
        return self._names.may_lead(name)

    def is_plain(self, site: CallSite) -> bool:
        """Whether what a call's first name is bound to registers nothing, and is known well."""
        root: ast.expr = site.node.func
        while isinstance(root, ast.Attribute):
            root = root.value
        if not isinstance(root, ast.Name):
            return isinstance(root, ast.Constant | ast.JoinedStr)
        key = (site.scope, root.id)
        known = self._roots.get(key)
        if known is None:
            known = self._roots[key] = not _may_lead(root.id, site.scope, self._registry)
        return known

    def _deciding(self, site: CallSite) -> Iterator[tuple[Scope, Parameter | None]]:
        """The functions whose callers decide what a call registers; with their parameter that is called, where nothing
        else decides it.
        """
        found = list(self._finding.called(site))
        owners = [owner for each in found for owner in _depends_on(each.target)]
        owners += [parameter.scope for each in found for parameter in each.parameters]
        yield from ((owner, None) for owner in owners)
        if found:
            for _, iterable in site.loops:
                iterated = self._evaluator.evaluate(iterable, site.scope)
                yield from ((scope, None) for scope in _depends_on(iterated))
            method = own_method(site.scope)
            if method is not None and (
                any(owner.parent is method.scope for owner in owners) or self._reads_fields(site)
            ):
                yield method.body, None
            return
        for callee in options(self._evaluator.evaluate(site.node.func, site.scope)):
            root = _given(callee)
            if root is not None and (not isinstance(callee, Member) or self._gives_on(site)):
                yield root.scope, root

    def _reads_fields(self, site: CallSite) -> bool:
        """Whether a call in a method is given what only the maker of its object knows: a field of a dataclass, say."""
        given = [node.value if isinstance(node, ast.Starred) else node for node in site.node.args]
        given += [word.value for word in site.node.keywords]
        return any(
            _is_field(option)
            for node in given
            for option in options(self._evaluator.evaluate(node, site.scope))
        )

    def _gives_on(self, site: CallSite) -> bool:
        """Whether a call is given a function, a class, or what its own function was given."""
        for node in (*site.node.args, *(word.value for word in site.node.keywords)):
            value = self._evaluator.evaluate(node, site.scope)
            if any(
                isinstance(o, Func | Klass | Lambda | Bound | Applied | Parameter) for o in options(value)
            ):
                return True
        return False

    def _deciding_decorators(self, function: Func) -> Iterator[Scope]:
        """The functions whose callers decide what the decorators of a function register."""
        found = list(self._finding.decorated(function))
        for registration in found:
            for parameter in registration.parameters:
                yield parameter.scope
        inner = self._evaluator.passed_on(function) if found else None
        if isinstance(inner, Parameter):
            yield inner.scope
        for node in function.node.decorator_list:
            for option in options(self._evaluator.evaluate(node, function.scope)):
                root = _given(option)
                if root is not None:
                    yield root.scope


def own_method(scope: Scope) -> Func | None:
    """The method that a scope is in, or is; ``None`` where it is in no class."""
    while scope.parent is not None:
        if scope.parent.is_class and isinstance(scope.node, ast.FunctionDef | ast.AsyncFunctionDef):
            return Func(scope.node, scope.parent)
        scope = scope.parent
    return None


def _is_field(value: Value) -> bool:
    """Whether a value is an attribute of ``self`` that nothing in the class says."""
    while isinstance(value, Member):
        if isinstance(value.owner, Made) and value.owner.call is SELF:
            return True
        value = value.owner
    return False


def _may_lead(name: str, scope: Scope, registry: Registry) -> bool:
    current: Scope | None = scope
    while current is not None:
        bindings = current.bindings.get(name)
        if bindings and (current is scope or not current.is_class):
            return not all(_is_plain(binding, registry) for binding in bindings)
        if current.stars:
            return True
        current = current.parent
    return name in _FOLLOWED_BUILTINS


def _is_plain(binding: Binding, registry: Registry) -> bool:
    """Whether nothing that a name is bound to registers."""
    if binding.kind == "import":
        return registry.is_plain(binding.target)
    is_made_here = binding.kind in {"assign", "extend"} and not binding.path
    return is_made_here and isinstance(binding.node, _COLLECTIONS)


def _depends_on(value: Value) -> Iterator[Scope]:
    """The functions whose parameters a target is, or is made from."""
    for option in options(value):
        while isinstance(option, Applied | Member) or _is_as_view(option):
            option = _inner(option)
        if isinstance(option, Parameter):
            yield option.scope


def _given(value: Value) -> Parameter | None:
    """The parameter that a callee is, is an attribute of, or was made by."""
    while isinstance(value, Made | Member):
        value = value.callee if isinstance(value, Made) else value.owner
    return value if isinstance(value, Parameter) else None


def _is_as_view(value: Value) -> bool:
    return isinstance(value, Made) and isinstance(value.callee, Member) and value.callee.name == "as_view"


def _inner(value: Value) -> Value:
    if isinstance(value, Applied):
        return value.target
    return value.callee if isinstance(value, Made) else getattr(value, "owner", UNKNOWN)
