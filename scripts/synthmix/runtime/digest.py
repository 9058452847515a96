"""A digest of the code behind a rule, so that an edit reruns the jobs it can change, no others.

Snakemake notices an edited script, not an edited module which that script imports. Every rule
carries this digest as a parameter instead.
"""

import ast
import hashlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from synthmix.errors import UserError

PACKAGE = "synthmix"
SCRIPTS = Path(__file__).resolve().parents[2]

# The registry only maps names to modules: a new line in it changes no existing job. The modules
# that a job does use are named to `code_digest` by its rule. The others change no result.
IGNORED = {
    f"{PACKAGE}.{name}"
    for name in ("registry", "extensions", "network_costs", "runtime.pace", "runtime.trackers")
}


@cache
def code_digest(rule: str, *modules: str) -> str:
    """Return a digest of `scripts/<rule>.py`, of `modules` and of all they import from synthmix.

    Comments, docstrings and layout do not count. Raises FileNotFoundError for a rule without
    a script or a module that does not exist, UserError for one that is no Python.
    """
    found: dict[Path, str] = {}
    pending = [SCRIPTS / f"{rule}.py", *map(_module_file, modules)]
    while pending:
        file = pending.pop()
        if file not in found:
            code = _read(file)
            found[file] = code.digest
            pending.extend(code.imports)
    digests = [f"{file.relative_to(SCRIPTS)} {found[file]}" for file in sorted(found)]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()[:16]


@dataclass(frozen=True)
class _Code:
    """The files of the synthmix modules that a file imports, and a digest of its own code."""

    imports: tuple[Path, ...]
    digest: str


@cache
def _read(file: Path) -> _Code:
    tree = _parsed(file)
    # in this order: a digest is of what is left without docstrings
    return _Code(_imports(tree), _digest(tree))


def _imports(tree: ast.Module) -> tuple[Path, ...]:
    """Return the files of the synthmix modules that are imported, at the top or further in."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            # `from synthmix.generate import sheet` may name a module or something inside one
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
            names.add(node.module)
    ours = (name for name in names if name.split(".")[0] == PACKAGE and name not in IGNORED)
    files = (_module_file(name, missing_ok=True) for name in ours)
    return tuple(sorted(file for file in files if file is not None))


@cache
def _module_file(name: str, missing_ok: bool = False) -> Path | None:
    stem = SCRIPTS.joinpath(*name.split("."))
    for file in (stem.with_suffix(".py"), stem / "__init__.py"):
        if file.exists():
            return file
    if missing_ok:
        return None
    raise FileNotFoundError(f"no module {name} below {SCRIPTS}")


def _parsed(file: Path) -> ast.Module:
    try:
        return ast.parse(file.read_text(encoding="utf-8"))
    except SyntaxError as error:
        place = f"{file.relative_to(SCRIPTS.parent)}, line {error.lineno}"
        raise UserError(f"{place}: is no Python: {error.msg}") from None


def _digest(tree: ast.Module) -> str:
    """Return a digest of the code of `tree`, which loses its docstrings."""
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if isinstance(body, list):
            body[:] = [part for part in body if not _is_docstring(part)]
    # not ast.dump: what it shows of the same code differs between versions of Python
    return hashlib.sha256(ast.unparse(tree).encode()).hexdigest()


def _is_docstring(node: ast.AST) -> bool:
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )
