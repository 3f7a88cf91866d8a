"""Mutants of our own backward rules: one small wrong change each, found in the syntax trees."""

import ast
import copy
import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import chainrule

PACKAGE = Path(chainrule.__file__).parent
RULES = {"backward", "pull", "local_gradients", "jvp"}
# Files of which every function below is part of the walk; None stands for all rules and helpers.
PLACES: dict[str, set[str] | None] = {
    "graph/op/families.py": None,
    "graph/nodes/walk.py": {
        "walk",
        "_add",
        "_either",
        "_collect",
        "_complete",
        "_towards",
        "pull",
    },
    "graph/readings/dual.py": {"read", "chain_rule", "local_times", "_transpose", "_weight"},
    "tensors.py": {"backward"},
}
OTHER_SIGN = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
OTHER_LOGIC = {ast.BitAnd: ast.BitOr, ast.BitOr: ast.BitAnd}
OTHER_ORDER = {
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
MOVES = {"transpose", "swapaxes", "flip", "sum_to", "reshape", "broadcast_to", "cast"}
OTHER_NUMBER = {0: 1, 1: 0, 2: 1, 0.5: 1, 3: 2, 4: 3}


@dataclass(frozen=True)
class Mutant:
    """One change: where it stands, what was there, and what stands there now."""

    path: str
    function: str
    line: int
    node: int  # number of the node in the order of ast.walk
    option: int
    before: str
    after: str

    def __str__(self) -> str:
        return f"{self.path}:{self.line} in {self.function}: {self.before}  ->  {self.after}"

    def tree(self) -> ast.Module:
        """The whole file with the change in it."""
        tree = parsed(self.path)
        target = list(ast.walk(tree))[self.node]
        new = list(changes(target))[self.option]
        tree = _Replace(target, new).visit(tree)
        return ast.fix_missing_locations(tree)


class _Replace(ast.NodeTransformer):
    def __init__(self, old: ast.AST, new: ast.AST) -> None:
        self.old, self.new = old, new

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.old:
            return ast.copy_location(self.new, node)
        return self.generic_visit(node)


def sample(count: int, seed: int) -> list[Mutant]:
    """Mutants drawn from all of them, each as likely as any other."""
    every = [mutant for path in paths() for mutant in mutants_of(path)]
    return random.Random(seed).sample(every, min(count, len(every)))


def paths() -> list[str]:
    """The files that hold rules."""
    ops = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("ops/**/*.py"))
    return [*ops, *PLACES]


def parsed(path: str) -> ast.Module:
    return ast.parse((PACKAGE / path).read_text(encoding="utf-8"))


def mutants_of(path: str) -> Iterator[Mutant]:
    """Every change of every rule in a file, and of the helpers that its rules call."""
    tree = parsed(path)
    numbers = {id(node): i for i, node in enumerate(ast.walk(tree))}
    for name, function in _rules(tree, path):
        for statement in function.body:
            for node in ast.walk(statement):
                for option, new in enumerate(changes(node)):
                    before, after = ast.unparse(node), ast.unparse(new)
                    place = numbers[id(node)]
                    yield Mutant(path, name, node.lineno, place, option, before, after)


def _rules(tree: ast.Module, path: str) -> Iterator[tuple[str, ast.FunctionDef]]:
    functions = dict(_functions(tree))
    named = PLACES.get(path, RULES) or RULES
    wanted = [name for name in functions if name.rpartition(".")[2] in named]
    for name in wanted:  # grows: what a rule calls is part of it
        called = {_called(node) for node in ast.walk(functions[name])} - {""}
        helpers = [n for n in functions if n.rpartition(".")[2] in called and n not in wanted]
        if path not in PLACES or PLACES[path] is None:
            wanted += [n for n in helpers if n.rpartition(".")[2] not in ("forward", "spec")]
    yield from ((name, functions[name]) for name in wanted)


def _functions(tree: ast.AST, prefix: str = "") -> Iterator[tuple[str, ast.FunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef):
            yield prefix + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield from _functions(node, f"{prefix}{node.name}.")


def _called(node: ast.AST) -> str:
    if not isinstance(node, ast.Call):
        return ""
    return getattr(node.func, "id", getattr(node.func, "attr", ""))


def changes(node: ast.AST) -> Iterator[ast.AST]:
    """The wrong things that may stand in a node's place."""
    new = copy.deepcopy(node)
    if isinstance(new, ast.BinOp):
        yield from _of_products_and_sums(new)
    elif isinstance(new, ast.UnaryOp) and isinstance(new.op, ast.USub | ast.Not):
        yield new.operand
    elif isinstance(new, ast.Compare) and len(new.ops) == 1 and type(new.ops[0]) in OTHER_ORDER:
        new.ops = [OTHER_ORDER[type(new.ops[0])]()]
        yield new
    elif isinstance(new, ast.BoolOp):
        new.op = ast.Or() if isinstance(new.op, ast.And) else ast.And()
        yield new
    elif isinstance(new, ast.Constant):
        yield from _of_constants(new)
    elif isinstance(new, ast.Attribute) and new.attr == "T":
        yield new.value
    elif isinstance(new, ast.Attribute) and new.attr == "axis":
        yield ast.Constant(0)
    elif isinstance(new, ast.Call):
        yield from _of_calls(new)
    elif isinstance(new, ast.Lambda):
        yield ast.Constant(None)
    elif isinstance(new, ast.Return) and isinstance(new.value, ast.Tuple):
        if len(new.value.elts) > 1:
            new.value.elts[:2] = new.value.elts[1::-1]
            yield new
    elif isinstance(new, ast.IfExp):
        new.body, new.orelse = new.orelse, new.body
        yield new


def _of_products_and_sums(node: ast.BinOp) -> Iterator[ast.AST]:
    kind = type(node.op)
    if kind in OTHER_SIGN or kind in OTHER_LOGIC:
        other = copy.deepcopy(node)
        other.op = (OTHER_SIGN | OTHER_LOGIC)[kind]()
        yield other
        yield node.left
        yield node.right
    if kind in (ast.MatMult, ast.Sub, ast.Div):
        yield ast.BinOp(node.right, node.op, node.left)


def _of_constants(node: ast.Constant) -> Iterator[ast.AST]:
    if isinstance(node.value, bool):
        yield ast.Constant(not node.value)
    elif isinstance(node.value, int | float) and node.value in OTHER_NUMBER:
        yield ast.Constant(OTHER_NUMBER[node.value])


def _of_calls(node: ast.Call) -> Iterator[ast.AST]:
    name = _called(node)
    if name == "where" and len(node.args) == 3:
        condition, x, y = node.args
        yield x
        yield ast.Call(node.func, [condition, y, x], node.keywords)
    elif name in ("_select", "_alive") and len(node.args) == 2:
        yield node.args[1] if name == "_select" else node.args[0]
    elif name in MOVES and node.args:
        yield node.args[0]
