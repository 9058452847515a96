"""One self-contained HTML page: what was run, what came out, and how far to trust it."""

import base64
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import jinja2
import pandas as pd
import yaml

from synthmix.errors import UserError
from synthmix.evaluate import wording
from synthmix.evaluate.paired import differences
from synthmix.evaluate.verdict import ACCURACY, judged_by
from synthmix.figures.catalogue import FIGURES
from synthmix.figures.declaration import CATALOGUE, SECTIONS, Figure
from synthmix.figures.measures import main_measure, measure_name, measures
from synthmix.figures.mix_names import mix_names
from synthmix.files import write_text
from synthmix.generate.origin import leaks
from synthmix.generate.tabulate_ready_images import worst
from synthmix.leakage import AS_PUBLISHED, NONE, caution
from synthmix.prepare.passed_over import unreadable_of
from synthmix.published.markdown import legend
from synthmix.published.protocol import Protocol
from synthmix.published.sections import read_comparison, sections, table_name
from synthmix.report import tables
from synthmix.report.cautions import find_cautions
from synthmix.report.findings import find, find_classifiers
from synthmix.scales import mark_of, warning_of
from synthmix.scopes import UNLABELLED
from synthmix.search.table import read_search, searched_settings
from synthmix.store import read_table

HERE = Path(__file__).parent
TEMPLATE = "report.html.j2"
MEDIA_TYPES = {".svg": "image/svg+xml", ".png": "image/png"}
KINDS = ("synthetic_mix", "selected_real", "trained_otherwise", "real_only")
MOST_REASONS = 20
MOST_VALUES = 20


@dataclass(frozen=True)
class Picture:
    """A picture, what tells it from the others of its figure, and the tables written with it."""

    title: str
    path: Path
    tables: Mapping[str, Path] = field(default_factory=dict)


@dataclass(frozen=True)
class Search:
    """What `choose_candidate` wrote of each stage of a search, by the title of its picture.

    `kind` is generators or classifiers, `name` what settings were searched for; `adopted` says
    whether the best were used.
    """

    kind: str
    name: str
    tables: Mapping[str, Path]
    adopted: bool = True


@dataclass(frozen=True)
class StudyReport:
    """All that the report says about one data set of one study.

    `fetched` is what `fetch_dataset` wrote, tables are the CSV files of the study. `settings` is
    plain data, as YAML can show it; `evaluation` its settings bootstrap_samples, confidence,
    significance, margin and threshold. `folds` is how many are tested on in turn, 0 where images
    are split once. `splits` and `generator_trainings` are how often patients are split and
    generators trained in each split, `keeps_test` is whether an official test part stays in all
    splits. `figures` holds the pictures, SVG or PNG files, of each figure of the catalogue that the
    study has. What is None or not there is not shown: the scores of generators where a study has
    none, the figures of mixes where it only compares classifiers.
    """

    name: str
    dataset: str
    title: str
    description: str
    scale: str
    positive_class: str | None
    seeds: Sequence[int]
    evaluation: Mapping[str, Any]
    settings: Mapping[str, Any]
    figures: Mapping[str, Sequence[Picture]]

    fetched: Path
    split: Path
    rejected: Path
    duplicates: Path
    mixes: Path
    summary: Path
    comparison: Path
    metrics: Path
    classifier_comparison: Path

    folds: int = 0
    splits: int = 1
    generator_trainings: int = 1
    keeps_test: bool = False
    learning_curve: Path | None = None
    census: Path | None = None
    scores: Path | None = None
    ready_images: Path | None = None
    published: Path | None = None
    pipeline: Path | None = None
    sheets: Sequence[Picture] = ()
    searches: Sequence[Search] = ()

    @property
    def repeats(self) -> int:
        """How often a classifier is trained on a mix at the most."""
        return self.splits * self.generator_trainings * len(self.seeds)


def render_report(
    output: str | Path, studies: Sequence[StudyReport], ran_on: Mapping[str, Any]
) -> None:
    """Write the page about `studies` to `output`.

    `ran_on` says what it all ran on: names and values, or sections of them (versions: {...}).
    """
    template = _environment().get_template(TEMPLATE)
    views = [_view(study) for study in studies]
    write_text(output, template.render(studies=views, sections=SECTIONS, ran_on=ran_on) + "\n")


def _view(study: StudyReport) -> dict[str, Any]:
    """Return what the template shows of `study`."""
    summary, metrics = read_table(study.summary), read_table(study.metrics)
    compared = read_table(study.classifier_comparison)
    has_mixes = "plot_mixes" in study.figures
    view = {
        "study": study,
        "sections": _sections(study, len(compared) > 0),
        "has_mixes": has_mixes,
        "leak": caution(study.settings.get("leakage", NONE)),
        "all_seeing": any(
            generator.get("learns_from") == "all"
            for generator in study.settings.get("generators", {}).values()
        ),
        "one_pool": study.settings.get("leakage") == AS_PUBLISHED,
        "findings": find(summary, metrics)
        if has_mixes
        else find_classifiers(summary, compared, metrics),
        "confidence": f"{100 * study.evaluation['confidence']:g}%",
        "judged_by": measure_name(judged_by(summary)),
        "by_accuracy": judged_by(summary) == ACCURACY,
        "narrow": f"{100 - 200 * study.evaluation['significance']:g}%",
        "margin": study.evaluation["margin"],
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
        **_published_view(study),
        "settings": yaml.safe_dump(dict(study.settings), sort_keys=False, allow_unicode=True),
        "pipeline": tables.pipeline_rows(read_table(study.pipeline)) if study.pipeline else [],
        **_data_view(study, summary),
        "searches": [_search_view(search) for search in study.searches],
        **_mixes_view(study),
    }
    return view | {"figures": _figures(study, view)}


def _figures(study: StudyReport, view: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return the declarations of the figures of `study`, each with its pictures and their words."""
    words = _environment(autoescape=False)  # once they are put into the page they are escaped

    def written(figure: Figure, name: str, facts: Mapping[str, Any]) -> str:
        try:
            return words.from_string(getattr(figure, name)).render(facts)
        except jinja2.TemplateError as error:
            place = f"{CATALOGUE}, {figure.name}: {name}"
            raise UserError(f"{place}: {error}: mend this template of Jinja") from None

    def shown(figure: Figure, picture: Picture, several: bool) -> dict[str, Any]:
        facts = {**view, "title": picture.title, "several": several}
        texts = {name: written(figure, name, facts) for name in ("alt", "caption")}
        return {"title": picture.title, "path": picture.path} | texts

    return [
        asdict(figure)
        | {"pictures": [shown(figure, picture, len(pictures) > 1) for picture in pictures]}
        for figure in FIGURES
        for pictures in [study.figures.get(figure.name, ())]
        if pictures
    ]


def _sections(study: StudyReport, several_classifiers: bool) -> set[str]:
    """Return the ids of the sections that a study has."""
    always = {"data", "results", "training", "method", "settings"}
    with_figures = {figure.section for figure in FIGURES if study.figures.get(figure.name)}
    return always | with_figures | ({"classifiers"} if several_classifiers else set())


def _published_view(study: StudyReport) -> dict[str, Any]:
    """Return what the template shows beside the published values."""
    protocol = Protocol.of_settings(study.settings)
    found = sections(read_comparison(study.published), protocol) if study.published else []
    return {
        "published": found,
        "published_legend": legend(study.evaluation["confidence"], protocol),
        "protocol": protocol,
    }


def _data_view(study: StudyReport, summary: pd.DataFrame) -> dict[str, Any]:
    """Return what the template shows of the images."""
    split, mixes = read_table(study.split), read_table(study.mixes)
    rejected = unreadable_of(read_table(study.rejected))
    fetched = json.loads(Path(study.fetched).read_text(encoding="utf-8"))
    dataset = study.settings.get("datasets", {}).get(study.dataset, {})
    classes = sorted(set(split["label"]) - {UNLABELLED})
    ready = read_table(study.ready_images) if study.ready_images else None
    scores = read_table(study.scores) if study.scores else None
    return {
        "cautions": find_cautions(
            study.settings, study.dataset, split, mixes, summary, ready, scores
        ),
        "ready": [] if ready is None else list(ready["generator"].unique()),
        "ready_leaks": []
        if ready is None
        else [sentence for row in worst(ready) for sentence in leaks(row)],
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
    mixes, comparison = read_table(study.mixes), read_table(study.comparison)
    names = mix_names(mixes)
    return {
        "generators": list(mixes["generator"].dropna().unique()),
        "kinds": mixes.groupby("kind")["mix"].nunique().reindex(KINDS, fill_value=0).to_dict(),
        "scores": tables.score_rows(read_table(study.scores)) if study.scores else [],
        "quizzes": [_quiz_view(quiz) for quiz in study.figures.get("plot_quiz", ())],
        "mix_labels": list(mixes["label"].unique()),
        "mix_groups": tables.mix_groups(mixes),
        "comparisons": tables.comparison_groups(comparison, names),
        "mix_pairs": tables.mix_pair_rows(comparison, names),
        "families": tables.families(comparison),
        "worth": tables.worth_rows(read_table(study.learning_curve), names)
        if study.learning_curve
        else [],
    }


def _search_view(search: Search) -> dict[str, Any]:
    stages = [_stage_view(title, table) for title, table in search.tables.items()]
    return {
        "kind": search.kind,
        "name": search.name,
        "adopted": search.adopted,
        "score": stages[0]["score"],
        "stages": stages,
    }


def _stage_view(title: str, path: Path) -> dict[str, Any]:
    table = read_search(path)
    return {
        "title": title,
        "score": table["score"].iloc[0].replace("_", " "),
        "settings": [name.replace("_", " ") for name in searched_settings(table)],
        "rows": tables.search_rows(table),
    }


def _quiz_view(quiz: Picture) -> dict[str, Any]:
    key = read_table(quiz.tables["key"])
    return {
        "generator": quiz.title,
        "answers": {
            origin: list(key.loc[key["origin"] == origin, "number"])
            for origin in ("real", "synthetic")
        },
    }


def _environment(autoescape: bool = True) -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader([HERE, HERE.parent]),
        autoescape=autoescape,
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
        "table_name": table_name,
    }
    environment.globals |= {"mark_of": mark_of, "warning_of": warning_of}
    return environment


def _data_uri(path: str | Path) -> str:
    """Return the file `path` as a data URI, so that the page needs no other file."""
    path = Path(path)
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return f"data:{MEDIA_TYPES[path.suffix]};base64,{content}"
