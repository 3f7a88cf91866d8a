"""A formula in Python's spelling becomes a tree that the page sets as MathML.

Imports nothing of chainrule. op_formulas.py writes the formulas; the page puts the names of a
gate's inputs, or their numbers, in the place of its variables.

    ["v", name, held]       a variable; held: a negative number in its place needs brackets
    ["n", text] ["o", text] ["i", text]  a number, a sign, a word or letter
    ["row", ...] ["frac", a, b] ["sup", a, b] ["sub", a, b] ["sqrt", a] ["under", sign, below]
    ["cases", [value, condition], ..., [otherwise]]
"""

import ast
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NamedTuple

Tree = list[Any]

SUM, PRODUCT, POWER, CLOSED = 4, 5, 7, 9  # how tightly a part binds
LETTERS = {"pi": "π", "Phi": "Φ", "phi": "φ"}
SIGNS: dict[type[ast.AST], str] = {
    ast.Add: "+",
    ast.Sub: "−",
    ast.Mult: "·",
    ast.MatMult: "",
    ast.Gt: ">",
    ast.GtE: "≥",
    ast.Lt: "<",
    ast.Eq: "=",
}
SUMS = {"sum": "∑", "prod": "∏", "max": "max", "min": "min"}  # over the entries of a row
BINARY = {"maximum": "max", "minimum": "min", "log": "log"}


class Part(NamedTuple):
    """A piece of a formula, and how tightly it binds."""

    tree: Tree
    binds: int = CLOSED

    def held(self, binds: int) -> Tree:
        """In brackets where it binds less than this."""
        return self.tree if self.binds >= binds else _bracketed(self.tree)


def formula_tree(text: str, indexed: Collection[str] = ()) -> Tree:
    """The tree of an expression.

    Parameters
    ----------
    text : str
        Such as "1 / (1 + exp(-x))".
    indexed : collection of str
        Variables that are rows: they stand with an index, i, or j within a sum.

    Examples
    --------
    >>> formula_tree("x / 2")
    ['frac', ['v', 'x', False], ['n', '2']]
    """
    return _Setter(frozenset(indexed)).part(ast.parse(text, mode="eval").body).tree


@dataclass(frozen=True)
class _Setter:
    """Sets one expression, outside of any sum or inside of one."""

    indexed: frozenset[str]
    index: str = "i"

    def part(self, node: ast.AST, held: bool = False) -> Part:
        """A piece; held where a sign stands before it."""
        if isinstance(node, ast.Name):
            return Part(self._variable(node.id, held))
        if isinstance(node, ast.Constant):
            return Part(["n", f"{node.value:.5g}"])
        if isinstance(node, ast.BinOp):
            return self._operation(node)
        if isinstance(node, ast.UnaryOp):
            return Part(["row", ["o", "−"], self.part(node.operand, True).held(PRODUCT)], SUM)
        if isinstance(node, ast.Compare):
            left, right = self.part(node.left), self.part(node.comparators[0])
            sign = SIGNS[type(node.ops[0])]
            return Part(["row", left.tree, ["o", sign], right.tree], 1)
        if isinstance(node, ast.Attribute):  # x.T
            return Part(["sup", self.part(node.value, True).held(CLOSED), ["i", "T"]], POWER)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            return self._call(node.func.id, node.args)
        raise ValueError(f"no formula: {ast.dump(node)}")

    def _variable(self, name: str, held: bool) -> Tree:
        if name in ("N", "pi"):
            return ["i", LETTERS.get(name, name)]
        variable: Tree = ["v", name, held]
        return ["sub", variable, ["i", self.index]] if name in self.indexed else variable

    def _operation(self, node: ast.BinOp) -> Part:
        if isinstance(node.op, ast.Div):
            return Part(["frac", self.part(node.left).tree, self.part(node.right).tree], POWER)
        if isinstance(node.op, ast.Pow):
            base = self.part(node.left, True)
            return Part(["sup", base.held(CLOSED), self.part(node.right).tree], POWER)
        binds = SUM if isinstance(node.op, ast.Add | ast.Sub) else PRODUCT
        first = self.part(node.left, isinstance(node.op, ast.MatMult))
        left = first.tree if isinstance(node.left, ast.UnaryOp) else first.held(binds)
        needs = binds + isinstance(node.op, ast.Sub)
        right = self.part(node.right, True).held(needs)
        return Part(["row", left, ["o", SIGNS[type(node.op)]], right], binds)

    def _call(self, name: str, given: list[ast.expr]) -> Part:
        first = given[0]
        if name == "exp":
            return Part(["sup", ["i", "e"], self.part(first).tree], POWER)
        if name == "sqrt":
            return Part(["sqrt", self.part(first).tree])
        if name == "abs":
            return Part(["row", ["o", "|"], self.part(first).tree, ["o", "|"]])
        if name == "inv":
            return Part(["sup", self.part(first, True).held(CLOSED), ["n", "−1"]], POWER)
        if name == "pick":  # the entry of a row that its label names
            whole = _Setter(frozenset()).part(first)
            return Part(["sub", whole.tree, self.part(given[1]).tree])
        if name == "where":
            value, other = self.part(given[1]).tree, self.part(given[2]).tree
            return Part(["cases", [value, self.part(first).tree], [other]])
        if name in ("others", *SUMS) and (self.indexed or name == "others"):
            return self._over(name, first)
        inside: Tree = ["row"]
        for k, argument in enumerate(given):
            inside += [["o", ","], self.part(argument).tree] if k else [self.part(argument).tree]
        word = BINARY.get(name, LETTERS.get(name, name))
        called: Tree = ["v", name, False] if name == "reduction" else ["i", word]
        return Part(["row", called, _bracketed(inside)], POWER)

    def _over(self, name: str, inside: ast.expr) -> Part:
        """A sum over the entries of a row; "others": over the classes that are not the label."""
        sign = SUMS.get(name, "∑")
        below: Tree = ["i", "j"]
        rows = self.indexed
        if name == "others":
            below = ["row", below, ["o", "≠"], ["v", "labels", False]]
            rows = frozenset({"scores"})
        held = _Setter(rows, "j").part(inside).held(PRODUCT)
        return Part(["row", ["under", ["o", sign], below], held], PRODUCT)


def _bracketed(tree: Tree) -> Tree:
    return ["row", ["o", "("], tree, ["o", ")"]]
