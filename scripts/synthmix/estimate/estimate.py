"""What a run will cost, by what earlier ones took: jobs, hours, disk and memory."""

import logging
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from synthmix.errors import UserError
from synthmix.estimate import wording
from synthmix.estimate.costs import Estimate, Machine, estimate
from synthmix.estimate.jobs import Graph
from synthmix.estimate.rates import Rates, measured
from synthmix.estimate.rehearsed import Rehearsed, measures_of, true_counts
from synthmix.estimate.sizes import Sizes
from synthmix.files import write_table, write_text
from synthmix.scales import DEMO, PAPER, REHEARSAL

LOGGER = logging.getLogger(__name__)
SCALES = (DEMO, PAPER)

Published = Mapping[str, Mapping[str, int]]
Plan = Callable[[Mapping[str, Any]], Graph]


def write_estimate(
    plan: Plan,
    config: Mapping[str, Any],
    known: Collection[str],
    published: Published,
    machine: Machine,
    results: str | Path,
    table: str | Path,
    markdown: str | Path,
) -> Estimate:
    """Write and return what the run that `config` describes will cost.

    `plan` gives the jobs of a configuration. `known` are the names of the studies of the project:
    of those that have benchmark files below `results`, at either scale, it is learned how long
    work takes. At scale paper what was rehearsed of the studies goes before that. `published` are
    the images of each class that the source of a data set counts, by "study/data set". Raises
    UserError where the jobs can't be planned.
    """
    graph = plan(config)
    in_short = list(_rehearsals(plan, config, graph, Path(results)))
    graphs = [graph, *in_short, *_others(plan, config, known, Path(results))]
    rates = rates_of(graphs, published, machine.device)
    rehearsed = rehearsed_in(in_short, published, machine.device)
    counts = {key: file for short in in_short for key, file in true_counts(short).items()}
    found = estimate(Sizes(graph, published, counts), rates, machine, rehearsed)
    write_table(table, found.table)
    write_text(markdown, wording.markdown(found, config["scale"], config["studies"]))
    return found


def _others(
    plan: Plan, config: Mapping[str, Any], known: Collection[str], results: Path
) -> Iterator[Graph]:
    """Yield the jobs of the other studies that something was measured of."""
    for scale in SCALES:
        there = [study for study in studies_measured(results, scale) if study in known]
        if scale == config["scale"]:
            there = [study for study in there if study not in config["studies"]]
        for study in there:
            yield from _planned(plan, config, [study], scale)


def _rehearsals(
    plan: Plan, config: Mapping[str, Any], graph: Graph, results: Path
) -> Iterator[Graph]:
    """Yield the jobs of the rehearsal of what is to run in full, `graph`, where there was one."""
    asked = {job.wildcards.get("study") for job in graph.jobs}
    if config["scale"] == PAPER and asked & set(studies_measured(results, REHEARSAL)):
        yield from _planned(plan, config, config["studies"], REHEARSAL)


def _planned(
    plan: Plan, config: Mapping[str, Any], studies: Sequence[str], scale: str
) -> Iterator[Graph]:
    try:
        yield plan({**config, "studies": list(studies), "scale": scale})
    except UserError as error:
        names = ", ".join(studies)
        LOGGER.info("nothing is learned of %s at scale %s: %s", names, scale, error)


def rehearsed_in(graphs: Iterable[Graph], published: Published, device: str) -> Rehearsed:
    """Return what was measured of the jobs of rehearsals, `graphs`, on a kind of device."""
    found = [measure for graph in graphs for measure in measures_of(graph, published)]
    return Rehearsed(found, device)


def rates_of(graphs: Iterable[Graph], published: Published, device: str) -> Rates:
    """Return the rates that the benchmark files of the jobs of `graphs` tell."""
    points = []
    for graph in graphs:
        sizes = Sizes(graph, published)
        points += [point for job in graph.jobs if (point := measured(job, sizes))]
    LOGGER.info("%d jobs were measured before", len(points))
    return Rates(points, device)


def studies_measured(results: Path, scale: str) -> list[str]:
    """Return the studies that have benchmark files at a scale, by name."""
    return sorted({path.parts[-3] for path in (results / scale).glob("*/*/benchmarks")})
