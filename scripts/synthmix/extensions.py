"""Loading what the registry names, with a message for its author where it isn't as it has to be.

Classes are named by text here, so that one kind of extension loads nothing of the others.
"""

import importlib
import inspect
import sys
import traceback
from pathlib import Path
from types import ModuleType
from typing import Any, NoReturn, get_args

from synthmix.errors import UserError, did_you_mean

SCRIPTS = Path(__file__).resolve().parents[1]
REGISTRY = "scripts/synthmix/registry.py"
HELP = "docs/extending.md has an example of each kind"


def fault(place: str, problem: str) -> UserError:
    """Return the error of an extension: `place` is the file to mend, `problem` what is wrong."""
    return UserError(f"{place}: {problem}; {HELP}")


def file_of(module: str) -> str:
    """Return the file of a module, by its name, as messages call it."""
    return f"scripts/{module.replace('.', '/')}.py"


def shown_file(module: ModuleType) -> str:
    """Return the file of a loaded module as messages call it."""
    return _shown(Path(module.__file__))


def _shown(file: Path) -> str:
    folder = SCRIPTS.parent
    return file.relative_to(folder).as_posix() if file.is_relative_to(folder) else str(file)


def split_entry(table: str, name: str, target: str) -> tuple[str, str]:
    """Return the module or package, and the class, of the entry `name`: "module:Class"."""
    module, colon, attribute = target.partition(":")
    if not (module and colon and attribute.isidentifier()):
        raise fault(REGISTRY, f"{table}: {name}: {target!r} names no class: write module:Class")
    return module, attribute


def load_module(table: str, name: str, module: str) -> ModuleType:
    """Import the `module` of the entry `name`; raises UserError where that can't be."""
    try:
        return importlib.import_module(module)
    except UserError:
        raise
    except ModuleNotFoundError as error:
        if error.name and f"{module}.".startswith(f"{error.name}."):
            problem = f"{table}: {name}: there is no {file_of(module)}: write it, or mend the line"
            raise fault(REGISTRY, problem) from None
        _refuse(module, error)
    except Exception as error:  # an author's code may fail in any way
        _refuse(module, error)


def _refuse(module: str, error: Exception) -> NoReturn:
    """Raise a UserError that says where `module`, or what it imports, fails, and how."""
    # what runs while modules are imported: the last of these lines is an author's
    places = [
        (Path(frame.filename), frame.lineno)
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.name == "<module>"
    ]
    reason = str(error).partition("\n")[0]
    if isinstance(error, SyntaxError) and error.filename:
        places.append((Path(error.filename), error.lineno))
        reason = error.msg
    places = [(file, line) for file, line in places if _is_ours(file)]
    where = module
    if places:
        file, line = places[-1]
        where = f"{_shown(file)}, line {line}"
    raise UserError(f"{where}: can't be imported: {type(error).__name__}: {reason}") from error


def _is_ours(file: Path) -> bool:
    """Return whether a file is the project's or an author's, not Python's or a library's."""
    others = (sys.prefix, sys.base_prefix)
    return (
        file.is_absolute()
        and file != Path(__file__)
        and not any(file.is_relative_to(folder) for folder in others)
    )


def require_beside(table: str, name: str, module: ModuleType, other: str) -> None:
    """Raise UserError where a module named `other` does not lie beside `module`."""
    if not Path(module.__file__).with_name(f"{other}.py").is_file():
        missing = f"{shown_file(module).rpartition('/')[0]}/{other}.py"
        raise fault(REGISTRY, f"{table}: {name}: there is no {missing}: write it")


def get_class(module: ModuleType, attribute: str, base: str) -> type:
    """Return the class `attribute` of `module`, derived from `base`, "module:Class".

    Raises UserError where there is none, or it lacks some of what is abstract in `base`.
    """
    parent_module, parent_name = base.split(":")
    parent = getattr(importlib.import_module(parent_module), parent_name)
    place, found = shown_file(module), getattr(module, attribute, None)
    derived = f"derived from {parent_name} ({file_of(parent_module)})"
    if found is None:
        there = [name for name, value in vars(module).items() if inspect.isclass(value)]
        meant = did_you_mean(attribute, there)
        raise fault(place, f"there is no class {attribute}, {derived}: add it{meant}")
    if not (inspect.isclass(found) and issubclass(found, parent)):
        raise fault(place, f"{attribute} is no class {derived}")
    if missing := sorted(found.__abstractmethods__):
        lacks = f"{attribute} lacks {', '.join(missing)}"
        raise fault(place, f"{lacks}: add what {parent_name} ({file_of(parent_module)}) describes")
    return found


def require_name(module: ModuleType, kind: type, setting: str, name: str) -> None:
    """Raise UserError where the `setting` of a class does not narrow to the registry's `name`."""
    found = get_args(kind.model_fields[setting].annotation)
    if found != (name,):
        line = f'{setting}: Literal["{name}"]'
        raise fault(shown_file(module), f"{kind.__name__} must have the line {line}, its name here")


def require_type(module: ModuleType, kind: type, attribute: str, wanted: type) -> None:
    """Raise UserError where a class's `attribute` is not of the type `wanted`."""
    value = getattr(kind, attribute)
    if not isinstance(value, wanted):
        problem = f"{kind.__name__}.{attribute} must be a {wanted.__name__}, not {value!r}"
        raise fault(shown_file(module), problem)


def get_entry(module: ModuleType, table: str, name: str, wanted: str) -> Any:
    """Return the entry `name` of the dict `table` of `module`, of the class `wanted`.

    Raises UserError where it isn't there, or of another kind.
    """
    parent_module, kind = wanted.split(":")
    entries, place = getattr(module, table, None), shown_file(module)
    described = f"{table} must have an entry {name!r}, a {kind} ({file_of(parent_module)})"
    if not isinstance(entries, dict) or name not in entries:
        raise fault(place, f"{described}: add it")
    if not isinstance(entries[name], getattr(importlib.import_module(parent_module), kind)):
        raise fault(place, f"{described}, not {entries[name]!r}")
    return entries[name]
