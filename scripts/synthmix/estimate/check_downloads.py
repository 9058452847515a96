"""Whether what a run downloads can be had: its addresses are asked, and nothing is downloaded."""

import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from synthmix.acquire.archives import is_archive_name
from synthmix.acquire.download import Offer, RemoteFile, UnreachableError, hurried, size_at
from synthmix.classify import fetch_weights
from synthmix.datasets.public import PublicDataset
from synthmix.errors import UserError
from synthmix.estimate.public_data import PUBLIC_DATA
from synthmix.registry import load_dataset
from synthmix.score import fetch_score_weights

AT_ONCE = 8
MOST_ASKED = 20  # files of one source; a list of thousands comes from the server that has them
_NO_ANSWER = (
    "A host that does not answer may be down, or there is no network here, or none to it: try"
    " again, run fetch_all on a machine that has one, or put the files there by hand:"
    " docs/data_sets.md"
)
_COLUMNS = ("what", "from", "files", "GB", "on disk", "answer")


@dataclass(frozen=True)
class Download:
    """Something that a run downloads.

    `offer` asks its source, and raises UserError where that has nothing; `lacking` is what the
    user must do before, if anything; `there` says that it lies on disk.
    """

    name: str
    offer: Callable[[], Offer]
    there: bool = False
    lacking: str | None = None
    gigabytes: float | None = None
    """On disk, unpacked and all, as far as that is known beforehand."""


@dataclass(frozen=True)
class Found:
    """What came of asking for a download; sizes are bytes, None where they are not known."""

    download: Download
    hosts: tuple[str, ...] = ()
    files: int = 0
    size: int | None = None
    on_disk: float | None = None
    problem: UserError | None = None

    @property
    def answer(self) -> str:
        """Say in a few words what came of it."""
        if self.download.there:
            return "there already"
        return "can be had" if self.problem is None else "would fail"


def check_downloads(
    datasets: Mapping[str, tuple[str, Mapping[str, Any]]],
    networks: Mapping[str, str],
    score_weights: Sequence[str],
    folder: str | Path,
) -> str:
    """Return a table of what a run downloads to the data folder `folder`, and the disk it takes.

    `datasets` has the source and the raw settings of each data set by the name of its folder,
    `networks` the network of each file of ImageNet weights, whose name begins with it,
    `score_weights` the files of weights of scores. Raises UserError with the table, what would
    fail, and what to do.
    """
    folder = Path(folder)
    wanted = [*_data_sets(datasets, folder), *_weights(networks, score_weights, folder)]
    others = _of_others(sum(not _is_public(*settings) for settings in datasets.values()))
    if not wanted:
        return others or "Nothing is to be downloaded."
    # what several threads import at once, some of them find half made
    import_module("torchvision.datasets")
    with hurried(), ThreadPoolExecutor(AT_ONCE) as pool:
        found = list(pool.map(ask, wanted))
    problems = [*_problems(found), *_disk_problem(found, folder)]
    text = "\n".join(filter(None, (table(found), disk(found, folder), others)))
    if problems:
        listed = "\n".join(f"- {problem}" for problem in problems)
        raise UserError(f"this would fail:\n\n{text}\n\n{listed}\n\nNothing was downloaded.")
    return text


def ask(wanted: Download) -> Found:
    """Ask for a download as it would be asked for; nothing of its content comes."""
    if wanted.there:
        return Found(wanted)
    if wanted.lacking:
        return Found(wanted, problem=UserError(wanted.lacking))
    try:
        offer = wanted.offer()
        asked = _spread(offer.files, MOST_ASKED)
        sizes = [size_at(file) for file in asked]
    except UserError as error:
        host = (error.host,) if isinstance(error, UnreachableError) else ()
        return Found(wanted, host, problem=error)
    size = offer.size
    if size is None and len(asked) == len(offer.files) and None not in sizes:
        size = sum(sizes)
    hosts = tuple(dict.fromkeys(urlsplit(file.url).netloc for file in offer.files))
    count = len(offer.files) if offer.count is None else offer.count
    return Found(wanted, hosts, count, size, _on_disk(wanted, offer.files, size))


def table(found: Sequence[Found]) -> str:
    """Return a line for each download, in columns."""
    rows = [_COLUMNS, *(_row(one) for one in found)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_COLUMNS))]
    lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
    return "\n".join([lines[0], "-" * max(map(len, lines)), *lines[1:]])


def disk(found: Iterable[Found], folder: Path) -> str:
    """Return how much disk the downloads take, unpacked and all, and how much is free."""
    coming = [one for one in found if one.answer == "can be had"]
    needed = sum(one.on_disk or 0 for one in coming) / 1e9
    unknown = [one.download.name for one in coming if one.on_disk is None]
    besides = f", and what {', '.join(unknown)} takes, which is not known" if unknown else ""
    return f"On disk: about {needed:.1f} GB{besides}; {_free(folder) / 1e9:.1f} GB are free."


def _data_sets(
    datasets: Mapping[str, tuple[str, Mapping[str, Any]]], folder: Path
) -> Iterable[Download]:
    for name, (source, raw) in datasets.items():
        if _is_public(source, raw):
            kind, known = load_dataset(source), PUBLIC_DATA.get(source)
            yield Download(
                name,
                kind.remote_files,
                kind.is_there(folder / name),
                _lacking(kind, raw, folder / name),
                known and known.gigabytes,
            )


def _lacking(kind: type[PublicDataset], raw: Mapping[str, Any], target: Path) -> str | None:
    try:
        return kind.missing(dict(raw), target)
    except UserError as error:  # a file of credentials that can't be read
        return str(error)


def _is_public(source: str, raw: Mapping[str, Any]) -> bool:
    """Return whether a data set is downloaded: neither the user's own nor drawn."""
    return issubclass(load_dataset(source), PublicDataset) and not raw


def _weights(
    networks: Mapping[str, str], score_weights: Sequence[str], folder: Path
) -> Iterable[Download]:
    for name, network in networks.items():
        there = (folder / "weights" / f"{name}.safetensors").exists()
        file = fetch_weights.remote_file(network, name.removeprefix(f"{network}-"))
        yield Download(name, partial(Offer, [file]), there)
    for path in map(Path, score_weights):
        yield Download(
            path.name, partial(Offer, [fetch_score_weights.remote_file()]), path.exists()
        )


def _spread(files: Sequence[RemoteFile], most: int) -> list[RemoteFile]:
    """Return at most so many of the files, from the first to the last."""
    if len(files) <= most:
        return list(files)
    return [files[place * (len(files) - 1) // (most - 1)] for place in range(most)]


def _on_disk(wanted: Download, files: Sequence[RemoteFile], size: int | None) -> float | None:
    """Return the bytes of a download once it is unpacked: archives stay beside their content."""
    packed = all(is_archive_name(file.name) for file in files)
    counted = None if size is None else size * (2 if packed else 1)
    known = None if wanted.gigabytes is None else wanted.gigabytes * 1e9
    return max(filter(None, (counted, known)), default=None)


def _row(found: Found) -> tuple[str, ...]:
    sizes = (found.size, found.on_disk)
    shown = ["" if size is None else f"{size / 1e9:.2f}" for size in sizes]
    files = str(found.files) if found.files else ""
    return found.download.name, ", ".join(found.hosts), files, *shown, found.answer


def _problems(found: Iterable[Found]) -> list[str]:
    """Return what would fail, each thing once: a host that does not answer, credentials."""
    silent: dict[str, list[str]] = {}
    needed: dict[str, None] = {}
    others = []
    for one in found:
        if isinstance(one.problem, UnreachableError):
            silent.setdefault(one.problem.host, []).append(one.download.name)
        elif one.download.lacking and one.problem:
            what, _, how = one.download.lacking.partition("\n\n")
            others.append(what)
            needed[how] = None
        elif one.problem:
            others.append(f"{one.download.name}: {one.problem}")
    hosts = [f"{host} does not answer: {', '.join(names)}" for host, names in silent.items()]
    return [*hosts, *([_NO_ANSWER] if hosts else []), *others, *needed]


def _disk_problem(found: Sequence[Found], folder: Path) -> list[str]:
    needed = sum(one.on_disk or 0 for one in found if one.answer == "can be had")
    free = _free(folder)
    if needed <= free:
        return []
    return [
        f"{folder}: {needed / 1e9:.1f} GB are needed and {free / 1e9:.1f} GB are free: make room,"
        " or set data_dir to a folder on a larger disk"
    ]


def _free(folder: Path) -> int:
    """Return the free bytes where `folder` is or will be."""
    folder = folder.absolute()
    while not folder.exists():
        folder = folder.parent
    return shutil.disk_usage(folder).free


def _of_others(count: int) -> str:
    return f"Your own or drawn, with nothing to download: {count} data sets." if count else ""
