"""Which of the input files of a job belong to which candidate."""

from collections.abc import Iterable, Sequence


def by_candidate(candidates: Iterable[str], files: Sequence[str]) -> dict[str, list[str]]:
    """Deal out `files`, of which each candidate has as many: those of the first come first."""
    names = list(candidates)
    each, rest = divmod(len(files), len(names))
    if rest:
        raise ValueError(f"{len(files)} files can't be dealt out to {len(names)} candidates")
    return {name: list(files[each * i : each * (i + 1)]) for i, name in enumerate(names)}
