"""Bicep files as far as names go: what is declared, what is used, what modules are given.

The compiler cannot be had from a package registry; tree-sitter's grammar finds what is no Bicep,
and the questions here find what refers to nothing. Types and API versions only the compiler knows:
the deployment workflow lints and runs what-if before it changes anything.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

DECLARATIONS = {
    "parameter_declaration": "param",
    "variable_declaration": "var",
    "resource_declaration": "resource",
    "module_declaration": "module",
    "output_declaration": "output",
}
NAMESPACES = {"az", "sys"}
LOADERS = {"loadTextContent", "loadFileAsBase64", "loadJsonContent", "loadYamlContent"}
# Those of https://learn.microsoft.com/azure/azure-resource-manager/bicep/bicep-functions in use
# here or near to it: a new one is added when it is needed.
_FUNCTIONS = """
array base64 concat contains deployment empty environment first format guid intersection items
join last length map max min readEnvironmentVariable replace resourceGroup resourceId split string
subscription subscriptionResourceId substring take tenant toLower toUpper union uniqueString
"""
_DECORATORS = "allowed batchSize description maxLength maxValue metadata minLength minValue secure"
FUNCTIONS = LOADERS | set(_FUNCTIONS.split())
DECORATORS = set(_DECORATORS.split())


@dataclass(frozen=True)
class Declaration:
    """A param, var, resource, module or output.

    Attributes:
        kind, name: as in `param location`.
        node: of the syntax tree.
        target: the type of a resource, with its version, or the path of a module.
    """

    kind: str
    name: str
    node: Any = field(repr=False)
    target: str | None = None

    @property
    def has_default(self) -> bool:
        """Whether a parameter may be left out."""
        return any(child.type == "=" for child in self.node.children)


@dataclass(frozen=True)
class File:
    """One file; see the module."""

    path: Path

    @cached_property
    def root(self) -> Any:
        import tree_sitter
        import tree_sitter_bicep

        language = tree_sitter.Language(tree_sitter_bicep.language())
        return tree_sitter.Parser(language).parse(self.path.read_bytes()).root_node

    @cached_property
    def declarations(self) -> list[Declaration]:
        found = []
        for node in self.root.children:
            if node.type in DECLARATIONS:
                names = [child for child in node.children if child.type == "identifier"]
                strings = [child for child in node.children if child.type == "string"]
                kind = DECLARATIONS[node.type]
                has_target = kind in ("resource", "module")
                target = literal(strings[0]) if has_target else None
                found.append(Declaration(kind, text(names[0]), node, target))
        return found

    def named(self, *kinds: str) -> dict[str, Declaration]:
        """Declarations of these kinds by name."""
        return {each.name: each for each in self.declarations if each.kind in kinds}

    def problems_of_syntax(self) -> list[str]:
        return [
            f"{self.path.name}:{node.start_point[0] + 1}"
            for node in walk(self.root)
            if node.is_error or node.is_missing
        ]

    def uses(self) -> Iterator[tuple[str, int]]:
        """Names that stand for something declared, with their line."""
        for node in walk(self.root):
            if node.type == "identifier" and _stands_for_something(node):
                yield text(node), node.start_point[0] + 1

    def locals(self) -> set[str]:
        """Names that loops and lambdas bring along."""
        kinds = ("loop_variable", "loop_enumerator")
        found = {text(node) for node in walk(self.root) if node.type in kinds}
        for node in walk(self.root):
            if node.type in ("lambda_expression", "for_statement"):
                first = next((child for child in node.children if child.is_named), None)
                if first is not None and first.type == "identifier":
                    found.add(text(first))
        return found

    def calls(self) -> Iterator[tuple[str, Any]]:
        """Functions and decorators that are called, with their arguments' node."""
        for node in walk(self.root):
            if node.type == "call_expression":
                called, arguments = node.named_children[:2]
                name = called.named_children[-1] if called.type == "member_expression" else called
                yield text(name), arguments

    def members(self, name: str) -> set[str]:
        """`b` of each `name.outputs.b`."""
        pattern = rf"\b{re.escape(name)}\.outputs\.(\w+)"
        return set(re.findall(pattern, self.path.read_text(encoding="utf-8")))


def walk(node: Any) -> Iterator[Any]:
    """The node and all below it."""
    yield node
    for child in node.children:
        yield from walk(child)


def text(node: Any) -> str:
    return str(node.text.decode("utf-8"))


def literal(node: Any) -> str:
    """A string without its quotation marks."""
    return text(node)[1:-1]


def given_to(module: Declaration) -> set[str]:
    """Names of the parameters that a module is given."""
    for node in walk(module.node):
        if node.type == "object_property" and text(node.named_children[0]) == "params":
            properties = node.named_children[1].named_children
            return {text(each.named_children[0]) for each in properties}
    return set()


def _stands_for_something(node: Any) -> bool:
    parent = node.parent
    first = parent.named_children[0] == node if parent.named_children else False
    if parent.type in DECLARATIONS or parent.type == "lambda_expression":
        names = [child for child in parent.children if child.type == "identifier"]
        return bool(names[0] != node)
    if parent.type == "object_property":
        return not first
    if parent.type == "call_expression":
        return not first  # functions: see `calls`
    if parent.type == "for_statement":
        looped = [child for child in parent.named_children if child.type == "identifier"]
        return not (first and len(looped) > 1)
    return parent.type != "resource_expression" or first
