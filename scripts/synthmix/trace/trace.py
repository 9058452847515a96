"""The command line that says where a result comes from."""

import glob
import json
import os
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Iterable, Sequence
from pathlib import Path

from synthmix.command_line import parser_of, run
from synthmix.errors import UserError
from synthmix.results_layout import of_earlier_version, study_folders, told
from synthmix.trace.chain import AGAIN, Chain
from synthmix.trace.describe import describe
from synthmix.trace.raw_images import raw_images
from synthmix.trace.records import Records
from synthmix.trace.show import Trace, as_json, as_text
from synthmix.trace.value import Asked, trace_value

RESULTS = Path("results")
METRICS = "{scale}/{study}/{dataset}/metrics/{classifier}/{mix}.csv"
NAMES = ("study", "classifier", "mix", "dataset", "scale")

EXAMPLE = """examples:
  trace.py --study mammography --classifier vgg16 --mix dcgan-cancer50-normal50-real5 \\
      --metric macro_f1
  trace.py results/demo/mammography/mammograms/mixes/dcgan-cancer50-normal50-real5.csv
  trace.py results/report.html
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; return its exit status: 0, or 1 for a broken chain or a mistake."""
    return run(_show, _parser().parse_args(arguments))


def _show(asked: Namespace) -> int:
    traced = trace(asked)
    as_asked = (
        json.dumps(as_json(traced), indent=2, default=str)
        if asked.json
        else as_text(traced, asked.full_checksums)
    )
    try:
        print(as_asked, flush=True)
    except BrokenPipeError:  # whoever reads it, such as head, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return 1 if traced.problems else 0


def trace(asked: Namespace) -> Trace:
    """Return where the file, or its value, comes from that is `asked` for; raises UserError."""
    _check(asked)
    records = Records.read(Path())
    file = _file_of(asked, records)
    _require_this_version([file])
    value, follows = None, None
    if asked.metric:
        row = Asked(
            asked.metric,
            asked.label,
            asked.seed,
            asked.fold,
            asked.split,
            asked.split_number,
            asked.generator_training,
        )
        value = trace_value(file, row, records)
        follows = value.asked.follows
    chain = Chain(records, file, follows)
    _require_this_version(path for step in chain for path in step.files)
    describe(chain)
    return Trace(chain, value, raw_images(chain, asked.images))


def _require_this_version(files: Iterable[str]) -> None:
    earlier = of_earlier_version(study_folders(files))
    if earlier:
        raise UserError(told(earlier))


def _check(asked: Namespace) -> None:
    named = [f"--{name}" for name in NAMES if getattr(asked, name)]
    if asked.file and named:
        raise UserError(f"{asked.file} is a file already: leave out {', '.join(named)}")
    lacking = [f"--{name}" for name in NAMES[:3] if not getattr(asked, name)]
    if not asked.file and lacking:
        raise UserError(f"name a file below {RESULTS}/, or add {', '.join(lacking)}")
    chosen = {"class": (asked.label, ""), "seed": (asked.seed, "all"), "fold": (asked.fold, "all")}
    chosen["split"] = (asked.split, "test")
    chosen["split-number"] = (asked.split_number, "all")
    chosen["generator-training"] = (asked.generator_training, "all")
    for name, (given, default) in chosen.items():
        if given != default and not asked.metric:
            raise UserError(f"--{name} chooses one value of a metric: add --metric")


def _file_of(asked: Namespace, records: Records) -> str:
    """Return the file that is asked for, as the records call it."""
    if not asked.file:
        return _named_file(asked)
    given = Path(os.path.normpath(asked.file))
    if given.is_absolute() and given.is_relative_to(Path.cwd()):
        given = given.relative_to(Path.cwd())
    if records.of(str(given)):
        return str(given)
    if given.is_dir():
        raise UserError(f"{given} is a folder: name one of the files in it")
    if not given.exists():
        raise UserError(f"there is no file {given}: name one as it stands below {RESULTS}/")
    raise UserError(
        f"{given}: Snakemake has no record of who made it. Logs and benchmarks have none: name a "
        f"table, a figure or weights. If it is one of these, remove it and {AGAIN}"
    )


def _named_file(asked: Namespace) -> str:
    """Return the only table of metrics that fits the names; raises UserError when not just one."""
    names = {name: glob.escape(getattr(asked, name) or "") or "*" for name in NAMES}
    found = sorted(RESULTS.glob(METRICS.format(**names)))
    if len(found) == 1:
        return str(found[0])
    if found:
        raise UserError(f"several fit; add --scale or --dataset:{_listed(found)}")
    for name in reversed(NAMES[:3]):
        names[name] = "*"
        near = sorted(RESULTS.glob(METRICS.format(**names)))
        if near:
            raise UserError(
                f"--{name} {getattr(asked, name)}: no such results, but:{_listed(near)}"
            )
    raise UserError(f"there are no tables of metrics below {RESULTS}/: run snakemake first")


def _listed(paths: Sequence[Path]) -> str:
    tables = [path for path in paths if not path.name.endswith(".confusion.csv")]
    return "".join(f"\n  {path}" for path in tables)


def _parser() -> ArgumentParser:
    parser = parser_of(
        "trace.py",
        description="Say where a result comes from, back to the raw files: every job on the way, "
        "its files with their checksums, its settings and what it worked on. Run it in the folder "
        "of the project. It ends with status 1 where something is missing, was changed, or is "
        "newer than what was made from it.",
        example=EXAMPLE,
    )
    add = parser.add_argument
    add("file", nargs="?", help="any file below results/ that a job made")
    add("--study", help="in place of a file: the table of metrics of this study,")
    add("--classifier", help="this classifier")
    add("--mix", help="and this mix")
    add("--dataset", help="of this data set, where the study has several")
    add("--scale", help="demo, paper or rehearsal, where there are several")
    add("--metric", help="trace this value of a table of metrics and compute it anew")
    add("--class", dest="label", default="", help="of this class against the rest")
    add("--seed", default="all", help="of the training with this seed (default: mean over all)")
    add("--fold", default="all", help="when this fold was tested; mean: the mean over the folds")
    add("--split-number", default="all", help="in this split of the patients, from 1")
    add("--generator-training", default="all", help="by this training of its generator, from 1")
    add("--split", default="test", choices=("test", "validation"))
    add("--images", action="store_true", help="list all raw files that were learned from")
    add("--full-checksums", action="store_true", help="whole, not their first digits")
    add("--json", action="store_true", help="for programs; checksums are whole")
    return parser
