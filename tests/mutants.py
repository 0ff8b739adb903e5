"""Wrong versions of a function, made by changing one thing in its source at a time."""

import ast
import copy
import inspect
import textwrap

SWAPPED_OPERATORS = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.Div,
    ast.Div: ast.Mult,
    ast.Pow: ast.Mult,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
    ast.Lt: ast.Gt,
    ast.Gt: ast.Lt,
    ast.LtE: ast.Gt,
    ast.GtE: ast.Lt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
}
SWAPPED_NAMES = {
    "sum": "mean",
    "mean": "sum",
    "max": "min",
    "min": "max",
    "argmax": "argmin",
    "argmin": "argmax",
    "log": "log10",
    "exp": "exp2",
    "cov": "corrcoef",
    "var": "std",
    "std": "var",
    "eigh": "eig",
    "ones": "zeros",
    "zeros": "ones",
    "triu_indices": "tril_indices",
    "all": "any",
    "any": "all",
}


def mutants(function):
    """Yield a description and a function for each single change."""
    tree = ast.parse(textwrap.dedent(inspect.getsource(function)))
    body = tree.body[0].body
    if isinstance(body[0], ast.Expr) and isinstance(body[0].value, ast.Constant):
        del body[0]
    nodes = list(ast.walk(tree))
    for number, node in enumerate(nodes):
        for change in _changes(node):
            changed = copy.deepcopy(tree)
            twin = list(ast.walk(changed))[number]
            new = change(twin)
            if new is not twin:
                changed = _Replace(twin, new).visit(changed)
            ast.fix_missing_locations(changed)
            namespace = dict(function.__globals__)
            try:
                exec(compile(changed, "<mutant>", "exec"), namespace)
            except (SyntaxError, ValueError):
                continue
            yield ast.unparse(changed), namespace[function.__name__]


class _Replace(ast.NodeTransformer):
    def __init__(self, old, new):
        self.old, self.new = old, new

    def visit(self, node):
        return self.new if node is self.old else self.generic_visit(node)


def _changes(node):
    if isinstance(node, ast.BinOp):
        if type(node.op) in SWAPPED_OPERATORS:
            yield _with_operator
        yield lambda twin: twin.left
        yield lambda twin: twin.right
    if isinstance(node, ast.BoolOp):
        yield _with_operator
        yield lambda twin: twin.values[0]
        yield lambda twin: twin.values[-1]
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPPED_OPERATORS:
        yield _with_comparison
    if isinstance(node, ast.UnaryOp):
        yield lambda twin: twin.operand
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        yield lambda twin: ast.Constant(not twin.value)
    elif isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        yield lambda twin: ast.Constant(twin.value + 1)
        yield lambda twin: ast.Constant(twin.value - 1)
    if isinstance(node, ast.Attribute):
        if node.attr in SWAPPED_NAMES:
            yield _with_name
        if node.attr == "T":
            yield lambda twin: twin.value
    if isinstance(node, ast.Call):
        for i in range(len(node.keywords)):
            yield lambda twin, i=i: _without_keyword(twin, i)
        if node.args and isinstance(node.func, ast.Attribute):
            yield lambda twin: twin.args[0]
    if isinstance(node, ast.AugAssign):
        if type(node.op) in SWAPPED_OPERATORS:
            yield _with_operator
        yield lambda twin: ast.Pass()


def _with_operator(twin):
    twin.op = SWAPPED_OPERATORS[type(twin.op)]()
    return twin


def _with_comparison(twin):
    twin.ops[0] = SWAPPED_OPERATORS[type(twin.ops[0])]()
    return twin


def _with_name(twin):
    twin.attr = SWAPPED_NAMES[twin.attr]
    return twin


def _without_keyword(twin, i):
    del twin.keywords[i]
    return twin
