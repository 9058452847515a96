"""One self-contained HTML page: what was run, what came out, and how far to trust it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml

from synthmix.evaluate import wording
from synthmix.evaluate.paired import differences
from synthmix.evaluate.verdict import ACCURACY, judged_by
from synthmix.figures.measures import main_measure, measure_name, measures
from synthmix.figures.mix_names import mix_names
from synthmix.files import write_text
from synthmix.leakage import NONE, caution
from synthmix.published.markdown import legend
from synthmix.published.sections import read_comparison, sections
from synthmix.report import tables
from synthmix.report.cautions import find_cautions
from synthmix.report.findings import find, find_classifiers
from synthmix.search.table import read_search, searched_settings
from synthmix.store import read_table

TEMPLATE = "report.html.j2"
MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
KINDS = ("synthetic_mix", "selected_real", "trained_otherwise", "real_only")
MOST_REASONS = 20
MOST_VALUES = 20


@dataclass(frozen=True)
class Picture:
    """A figure among several of its kind, and what tells it from the others."""

    title: str
    path: Path


@dataclass(frozen=True)
class Search:
    """What `choose_candidate` wrote of each stage of a search, and its figure.

    `kind` is generators or classifiers, `name` what settings were searched for.
    """

    kind: str
    name: str
    tables: Sequence[Path]
    figures: Sequence[Path]


@dataclass(frozen=True)
class Quiz:
    """What `plot_quiz` drew of a generator, and the table of what its images are."""

    generator: str
    figure: Path
    key: Path


@dataclass(frozen=True)
class StudyReport:
    """All that the report says about one data set of one study.

    `fetched` is what `fetch_dataset` wrote, tables are the CSV files of the study, figures SVG or
    PNG files. `settings` is plain data, as YAML can show it; `evaluation` its settings
    bootstrap_samples, confidence, significance and threshold. `folds` is how many are tested on in
    turn, 0 where images are split once. What is None or empty is not shown: the scores of
    generators where a study has none, the figures of mixes where it only compares classifiers.
    """

    name: str
    dataset: str
    title: str
    description: str
    demo: bool
    positive_class: str | None
    seeds: Sequence[int]
    evaluation: Mapping[str, Any]
    settings: Mapping[str, Any]

    fetched: Path
    split: Path
    rejected: Path
    duplicates: Path
    mixes: Path
    summary: Path
    comparison: Path
    metrics: Path
    classifier_comparison: Path
    metrics_figure: Path
    roc_figure: Path
    calibration_figure: Path
    confusion_figure: Path

    folds: int = 0
    census: Path | None = None
    census_figure: Path | None = None
    scores: Path | None = None
    generator_history_figure: Path | None = None
    scores_figure: Path | None = None
    published: Path | None = None
    published_figure: Path | None = None
    published_curves_figure: Path | None = None
    mixes_figure: Path | None = None
    comparison_figure: Path | None = None
    real_share_figure: Path | None = None
    synthetic_share_figure: Path | None = None
    pipeline: Path | None = None
    pipeline_figure: Path | None = None
    samples: Sequence[Picture] = ()
    sheets: Sequence[Picture] = ()
    snapshots: Sequence[Picture] = ()
    planes: Sequence[Picture] = ()
    nearest: Sequence[Picture] = ()
    classifier_histories: Sequence[Picture] = ()
    examples: Sequence[Picture] = ()
    heat_maps: Sequence[Picture] = ()
    feature_maps: Sequence[Picture] = ()
    searches: Sequence[Search] = ()
    quizzes: Sequence[Quiz] = ()


def render_report(
    output: str | Path, studies: Sequence[StudyReport], facts: Mapping[str, Any]
) -> None:
    """Write the page about `studies` to `output`.

    `facts` says what it all ran on: names and values, or sections of them (versions: {...}).
    """
    template = _environment().get_template(TEMPLATE)
    write_text(
        output, template.render(studies=[_view(study) for study in studies], facts=facts) + "\n"
    )


def _view(study: StudyReport) -> dict[str, Any]:
    """Return what the template shows of `study`."""
    summary, metrics = read_table(study.summary), read_table(study.metrics)
    compared = read_table(study.classifier_comparison)
    return {
        "study": study,
        "sections": _sections(study, len(compared) > 0),
        "leak": caution(study.settings.get("leakage", NONE)),
        "findings": find(summary)
        if study.comparison_figure
        else find_classifiers(summary, compared),
        "confidence": f"{100 * study.evaluation['confidence']:g}%",
        "judged_by": measure_name(judged_by(summary)),
        "by_accuracy": judged_by(summary) == ACCURACY,
        "measures": measures(summary),
        "main_measure": measure_name(main_measure(summary)),
        "results": tables.result_groups(summary),
        "one_table": summary["mix"].nunique() == 1,
        "classifiers": list(summary["classifier"].unique()),
        "traced": {**summary.iloc[0][["classifier", "mix"]], "metric": main_measure(summary)},
        "threshold": wording.decision(study.evaluation.get("threshold"), study.positive_class),
        "undefined": tables.undefined_measures(metrics, measures(summary)),
        "undefined_in_folds": tables.undefined_measures(
            metrics, measures(summary), tables.MEAN_OF_FOLDS
        ),
        "fold_results": tables.fold_rows(metrics, measures(summary), mix_names(summary)),
        "tested_images": tables.tested_images(metrics),
        "pair_measures": [measure_name(name) for name in differences(judged_by(compared)).values()],
        "pairs": tables.pair_rows(compared, mix_names(summary)),
        "published": sections(read_comparison(study.published)) if study.published else [],
        "published_legend": legend(study.evaluation["confidence"]),
        "settings": yaml.safe_dump(dict(study.settings), sort_keys=False, allow_unicode=True),
        "pipeline": tables.pipeline_rows(read_table(study.pipeline)) if study.pipeline else [],
        **_data_view(study, summary),
        "searches": [_search_view(search) for search in study.searches],
        **_mixes_view(study),
    }


def _sections(study: StudyReport, several_classifiers: bool) -> set[str]:
    """Return the ids of the sections that a study has."""
    shown = {"data", "results", "confusion", "probabilities", "training", "method", "settings"}
    conditional = {
        "samples": study.samples,
        "generators": study.generator_history_figure,
        "scores": study.scores,
        "searches": study.searches,
        "mixes": study.mixes_figure,
        "comparisons": study.comparison_figure,
        "classifiers": several_classifiers,
        "pipeline": study.pipeline,
        "published": study.published,
        "looks": study.examples or study.heat_maps or study.feature_maps,
    }
    return shown | {name for name, there in conditional.items() if there}


def _data_view(study: StudyReport, summary: pd.DataFrame) -> dict[str, Any]:
    """Return what the template shows of the images."""
    split, mixes = read_table(study.split), read_table(study.mixes)
    rejected = read_table(study.rejected)
    fetched = json.loads(Path(study.fetched).read_text(encoding="utf-8"))
    dataset = study.settings.get("datasets", {}).get(study.dataset, {})
    classes = sorted(split["label"].unique())
    return {
        "cautions": find_cautions(
            study.settings, study.dataset, split, mixes, summary, study.folds
        ),
        "about": fetched["about"],
        "embedded": dataset.get("embedded") is not None,
        "duplicate_count": len(read_table(study.duplicates)),
        "classes": classes,
        "dataset_rows": tables.dataset_rows(split, tables.split_names(study.folds)),
        "split_names": tables.split_names(study.folds),
        "census": tables.census_facts(read_table(study.census), MOST_VALUES)
        if study.census
        else [],
        "rejected": rejected.head(MOST_REASONS).to_dict("records"),
        "rejected_count": len(rejected),
    }


def _mixes_view(study: StudyReport) -> dict[str, Any]:
    """Return what the template shows of generators and mixes."""
    mixes = read_table(study.mixes)
    return {
        "generators": list(mixes["generator"].dropna().unique()),
        "kinds": mixes.groupby("kind")["mix"].nunique().reindex(KINDS, fill_value=0).to_dict(),
        "scores": tables.score_rows(read_table(study.scores)) if study.scores else [],
        "quizzes": [_quiz_view(quiz) for quiz in study.quizzes],
        "mix_labels": list(mixes["label"].unique()),
        "mix_groups": tables.mix_groups(mixes),
        "comparisons": tables.comparison_groups(read_table(study.comparison), mix_names(mixes)),
    }


def _search_view(search: Search) -> dict[str, Any]:
    stages = [
        _stage_view(table, figure)
        for table, figure in zip(search.tables, search.figures, strict=True)
    ]
    return {
        "kind": search.kind,
        "name": search.name,
        "score": stages[0]["score"],
        "stages": stages,
    }


def _stage_view(path: Path, figure: Path) -> dict[str, Any]:
    table = read_search(path)
    return {
        "figure": figure,
        "score": table["score"].iloc[0].replace("_", " "),
        "settings": [name.replace("_", " ") for name in searched_settings(table)],
        "rows": tables.search_rows(table),
    }


def _quiz_view(quiz: Quiz) -> dict[str, Any]:
    key = read_table(quiz.key)
    return {
        "generator": quiz.generator,
        "figure": quiz.figure,
        "answers": {
            origin: list(key.loc[key["origin"] == origin, "number"])
            for origin in ("real", "synthetic")
        },
    }


def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "data_uri": _data_uri,
        "count": wording.count,
        "number": wording.number,
        "p_value": wording.p_value,
        "listed": wording.listed,
    }
    return environment


def _data_uri(path: str | Path) -> str:
    """Return the file `path` as a data URI, so that the page needs no other file."""
    path = Path(path)
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{MEDIA_TYPES[path.suffix]};base64,{content}"
