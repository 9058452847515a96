"""The raw images at the end of a chain: which were learned from, and their checksums."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

import pandas as pd

from synthmix.acquire.download import SUMS
from synthmix.acquire.raw import raw_root
from synthmix.datasets.public import DOWNLOAD
from synthmix.errors import UserError
from synthmix.raw_names import printable, raw_file
from synthmix.store import read_table
from synthmix.trace.chain import AGAIN, Chain, Step, sha256
from synthmix.trace.describe import Files, deal_of

SHOWN = 5  # unless all are asked for
LEARNED, TESTED, LISTED = "learned from", "tested on", "listed"
# rules whose images are of one split
_DEALT = {"compose_mix", "train_generator", "predict"}


@dataclass(frozen=True)
class RawFile:
    """A raw file."""

    path: str
    checksum: str
    """SHA-256, in hexadecimal, as the file is now."""
    recorded: bool
    """Whether it is the one that was recorded when the file was downloaded."""


@dataclass
class RawImages:
    """The raw images of a data set that are behind a file."""

    folder: str
    """Where the files of the data set lie that the rules made."""
    root: str
    roles: dict[str, tuple[int, int]]
    """How many images and patients: those learned from and tested on, or else all listed."""
    files: list[RawFile]
    """Files of the images of the first role, sorted: the first ones, or all."""
    more: int
    """How many files of that role are not in `files`."""
    shared_patients: list[str] | None
    """Who was both learned from and tested on; None where that is not asked: of several splits."""
    archive: RawFile | None
    """The user's archive that they come from, if any."""
    downloads: dict[str, str] = field(default_factory=dict)
    """The first downloaded files, where these are archives, and their recorded checksums."""


def raw_images(chain: Chain, all_files: bool) -> list[RawImages]:
    """Return the raw images behind a chain, a data set at a time.

    What is wrong with them is noted at the step that fetched them.
    """
    found = []
    for step in chain:
        index = next((path for path in step.files if path.endswith("/index.csv")), None)
        if step.rule == "index_dataset" and index and Path(index).is_file():
            fetched = step.inputs[0]
            try:
                found.append(_of_data_set(chain, index, fetched, all_files))
            except UserError as error:
                chain.step_of(fetched).problems.append(str(error))
            except (OSError, ValueError, KeyError) as error:
                step.problems.append(
                    f"{index}: its raw images can't be told ({error!r}): remove it and {AGAIN}"
                )
    return found


def _of_data_set(chain: Chain, index: str, fetched: str, all_files: bool) -> RawImages:
    folder, root = Path(index).parent, raw_root(fetched)
    table = read_table(index)
    steps = [step for step in chain if any(Path(f).is_relative_to(folder) for f in step.files)]
    roles = {LEARNED: _learned(chain, steps), TESTED: _tested(steps)}
    used = {name: table[table["sample_id"].isin(ids)] for name, ids in roles.items() if ids}
    fetching = chain.step_of(fetched)
    used = used or {LISTED: table}
    dealt = {deal_of(path) for step in steps if step.rule in _DEALT for path in step.files} - {None}
    shared = None if len(dealt) > 1 or len(used) == 1 else _shared_patients(*used.values())
    paths = sorted({raw_file(root, path) for rows in used.values() for path in rows["path"]})
    fetching.problems += _changed(paths, _prepared_at(chain, folder, index))
    first = sorted(set(next(iter(used.values()))["path"]))
    shown = first if all_files else first[:SHOWN]
    downloads, sums = Path(fetched).parent / DOWNLOAD, _sums(Path(fetched).parent / SUMS)
    there = [file for file in (raw_file(root, path) for path in shown) if file.is_file()]
    files = [_checked(path, downloads, sums, fetching) for path in there]
    return RawImages(
        folder=str(folder),
        root=str(root),
        roles={name: (len(rows), rows["group"].nunique()) for name, rows in used.items()},
        files=files,
        more=len(first) - len(shown),
        shared_patients=shared,
        archive=_archive(fetching),
        downloads={} if any(file.recorded for file in files) else dict(islice(sums.items(), SHOWN)),
    )


def _learned(chain: Chain, steps: Iterable[Step]) -> set[str]:
    """Return the real images that generators and classifiers learned from."""
    found: set[str] = set()
    for step in steps:
        if step.rule == "compose_mix":
            for mix in (read_table(path) for path in step.files if Path(path).is_file()):
                rows = mix[(mix["origin"] == "real") & (mix["split"] == "train")]
                found |= set(rows["sample_id"])
        if step.rule == "train_generator":
            trained_on = Files(chain, step).output("trained_on.csv")
            found |= set(read_table(trained_on)["sample_id"]) if trained_on else set()
    return found


def _tested(steps: Iterable[Step]) -> set[str]:
    return {
        sample
        for step in steps
        if step.rule == "predict"
        for path in step.files
        if not path.endswith(".validation.csv") and Path(path).is_file()
        for sample in read_table(path)["sample_id"]
    }


def _shared_patients(learned: pd.DataFrame, tested: pd.DataFrame) -> list[str]:
    return sorted(set(learned["group"]) & set(tested["group"]))


def _prepared_at(chain: Chain, folder: Path, index: str) -> tuple[str, float]:
    """Return the first file of ours that was made from the raw ones, and when."""
    store = f"{folder}/stores/real.npy"
    made = store if chain.records.of(store) and Path(store).is_file() else index
    return made, Path(made).stat().st_mtime


def _changed(paths: Iterable[Path], prepared: tuple[str, float]) -> Iterator[str]:
    made, when = prepared
    gone = [path for path in paths if not path.is_file()]
    newer = [path for path in paths if path.is_file() and path.stat().st_mtime > when]
    for found, what, mended in (
        (gone, "missing", "bring them back"),
        (newer, f"newer than {made}", f"if their pictures are others, remove it and {AGAIN}"),
    ):
        if found:
            first = printable(str(found[0]))
            yield f"raw files are {what}: {len(found)}, such as {first}; {mended}"


def _checked(path: Path, downloads: Path, sums: dict[str, str], fetching: Step) -> RawFile:
    """Return a raw file; note at the step `fetching` where it is not what was downloaded."""
    inside = path.is_relative_to(downloads)
    recorded = sums.get(path.relative_to(downloads).as_posix()) if inside else None
    found = RawFile(printable(str(path)), sha256(path), recorded is not None)
    if recorded not in (None, found.checksum):
        fetching.problems.append(
            f"{path} is not what was downloaded, whose checksum was {recorded}: remove it, and "
            f"fetched.json beside its folder, and {AGAIN}"
        )
    return found


def _archive(fetching: Step) -> RawFile | None:
    """Return the archive that the settings of a fetch name."""
    named = (Path(settings["path"]) for settings in fetching.values(dict) if "path" in settings)
    path = next((path for path in named if path.is_file()), None)
    return path and RawFile(str(path), sha256(path), recorded=False)


def _sums(path: Path) -> dict[str, str]:
    """Return the checksums that were recorded as files were downloaded, by their names."""
    lines = path.read_text(encoding="utf-8").splitlines() if path.is_file() else []
    return {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
