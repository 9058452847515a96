"""One order of the packages, in which each imports only from those before it."""

import ast
from collections import defaultdict
from pathlib import Path

PACKAGE = Path(__file__).parents[1] / "scripts" / "synthmix"

# Modules at the root are the words that all of them share.
ORDER = (
    *("root", "runtime", "readers", "acquire", "phantoms", "prepare", "datasets", "mix"),
    *("networks", "evaluate", "score", "search", "generate", "classify", "published", "config"),
    *("figures", "report", "plan", "export", "label", "trace", "estimate", "rehearse", "notebooks"),
)


def module_name(file: Path) -> str:
    parts = file.relative_to(PACKAGE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


MODULES = {module_name(file): file for file in PACKAGE.rglob("*.py")}


def room(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 and (PACKAGE / parts[1]).is_dir() else "root"


def imports(module: str) -> set[str]:
    """Return the modules of synthmix that one imports, at its top or further in."""
    found = set()
    for node in ast.walk(ast.parse(MODULES[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{module}: write imports whole, from synthmix on"
            names = {f"{node.module}.{alias.name}" for alias in node.names}
            found |= (names & MODULES.keys()) or {node.module}
    return found & MODULES.keys()


def test_every_package_has_its_place_in_the_order():
    assert {room(module) for module in MODULES} == set(ORDER)
    assert len(ORDER) == len(set(ORDER))


def test_packages_import_only_from_those_before_them():
    wrong = [
        f"{module} imports {other}"
        for module in MODULES
        for other in imports(module)
        if ORDER.index(room(other)) > ORDER.index(room(module))
    ]
    assert not wrong


def test_modules_import_each_other_in_no_circle():
    following = defaultdict(set)
    for module in MODULES:
        following[module] = imports(module) - {module}
    left = set(MODULES)
    # what imports nothing that is left can be taken away; a circle stays
    while free := {module for module in left if not following[module] & left}:
        left -= free
    assert not left


def test_stand_ins_are_known_to_the_data_set_that_they_stand_in_for_alone():
    knowing = {
        room(module)
        for module in MODULES
        if any(room(other) == "phantoms" for other in imports(module))
    }
    assert knowing == {"phantoms", "datasets"}
