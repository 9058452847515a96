"""What there is to say of a figure, for its rule, the report and the tests to follow from."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Formatter

from synthmix.errors import UserError, one_of

CATALOGUE = "scripts/synthmix/figures/catalogue.py"
# the part of the report that has no heading
FINDING = "finding"
# the sections of the report in their order, with their headings
SECTIONS = {
    "data": "What was run",
    "samples": "Real and synthetic images",
    "generators": "Generators",
    "scores": "How good the synthetic images are",
    "mixes": "Mixes",
    "results": "Results",
    "comparisons": "Training sets compared",
    "worth": "What synthetic images are worth",
    "classifiers": "Classifiers compared",
    "confusion": "Which classes are mistaken",
    "probabilities": "How sure the classifiers are",
    "looks": "What the classifiers see",
    "searches": "How settings were chosen",
    "training": "Training of the classifiers",
    "pipeline": "How fast images are read",
    "published": "Beside the published values",
    "method": "How it was judged",
    "settings": "Settings",
}
# what there may be a figure of each, and the wildcards that tell their files apart
PER = {
    "data set": (),
    "generator": ("generator",),
    "classifier": ("classifier",),
    "augmented classifier": ("classifier",),  # whose training pictures are changed at random
    "stage": ("kind", "name", "stage"),  # of a search
    "tested stage": ("kind", "name", "stage"),  # of a search for settings of a classifier
    "stage by a loss": ("kind", "name", "stage"),  # of a generator's search by a loss
}
# that of the training which is looked at, that on real images: a file may have it in its path
MORE_WILDCARDS = {"classifier": ("mix",)}
_WILDCARDS = {name for names in (*PER.values(), *MORE_WILDCARDS.values()) for name in names}
_OF_ALL = {"study", "dataset"}


@dataclass(frozen=True)
class Figure:
    """What is drawn, of what, and where the report shows it.

    `inputs` and `params` are names that `rules/figures.smk` knows; the function takes each of them
    by its name, and `output` and `scale` besides. It is drawn `when` the study has what that name
    of `synthmix.plan.figures` stands for, once `per` data set, generator and so on. `file` lies
    below the figures of the data set. `tables` are what it writes besides: the name by which the
    function takes the path, and the path below the folder of the data set.

    `section` is the section of the report. `alt`, which says what is seen to whoever can't see it,
    and `caption` are templates of Jinja: `title` is what tells the pictures of a figure apart,
    `several` says whether there are some, the rest is what `render_report` says of a study.
    Pictures that are `folded` away are behind these words. `message` is what Snakemake shows, and
    `mem_mb` the memory that the job asks for.
    """

    name: str
    inputs: tuple[str, ...]
    file: str
    section: str
    alt: str
    message: str
    caption: str = ""
    params: tuple[str, ...] = ()
    per: str = "data set"
    when: str = "always"
    tables: Mapping[str, str] = field(default_factory=dict)
    folded: str = ""
    mem_mb: int = 1500

    def wildcards(self) -> list[str]:
        """Return the wildcards of the path of the picture, in their order."""
        return [name for _, name, _, _ in Formatter().parse(self.file) if name]


def check_figures(figures: Sequence[Figure], known: Mapping[str, Collection[str]]) -> None:
    """Raise UserError at the first declaration that can't be followed.

    `known` has the names that there are for the fields inputs, params and when; those of inputs may
    have the pattern of their files, whose wildcards a figure must have.
    """
    for figure in figures:
        _check_alone(figure, figures)
        _check_names(figure, {**known, "per": PER, "section": (FINDING, *SECTIONS)})
        _check_wildcards(figure, known["inputs"])
        file = f"scripts/synthmix/figures/{figure.name}.py"
        if not Path(__file__).with_name(f"{figure.name}.py").exists():
            raise _mistake(figure, f"there is no {file}: write it")


def _check_alone(figure: Figure, figures: Sequence[Figure]) -> None:
    """Check what a figure has that no other may have."""
    for field_name in ("name", "file"):
        given = [getattr(other, field_name) for other in figures]
        if given.count(getattr(figure, field_name)) > 1:
            raise _mistake(figure, f"{field_name}: two figures have it: give one another")


def _check_names(figure: Figure, known: Mapping[str, Collection[str]]) -> None:
    """Check the fields that name what there is."""
    for field_name in ("inputs", "params"):
        if isinstance(getattr(figure, field_name), str):
            raise _mistake(figure, f"{field_name} must be a tuple: put a comma behind the name")
    for field_name, names in known.items():
        given = getattr(figure, field_name)
        for name in (given,) if isinstance(given, str) else given:
            if name not in names:
                raise _mistake(figure, f"{field_name}: {one_of(name, sorted(names))}")


def _check_wildcards(figure: Figure, inputs: Collection[str]) -> None:
    """Check that a figure has the wildcards of what it is drawn of, and its file has them."""
    try:
        used, needed = set(figure.wildcards()), set(PER[figure.per])
    except ValueError as error:
        raise _mistake(figure, f"file: {figure.file!r}: {error}") from None
    there = needed | set(MORE_WILDCARDS.get(figure.per, ()))
    if not needed <= used <= there:
        wanted = ", ".join(f"{{{name}}}" for name in PER[figure.per]) or "no wildcard"
        raise _mistake(figure, f"file: one per {figure.per} has {wanted}, not {figure.file!r}")
    patterns = inputs if isinstance(inputs, Mapping) else {}
    for name in figure.inputs:
        if isinstance(patterns.get(name), str) and wildcards_of(patterns[name]) - there - _OF_ALL:
            raise _mistake(figure, f"inputs: {name!r} is not there once per {figure.per}")
    for name in figure.params:
        if name in _WILDCARDS - there:
            raise _mistake(figure, f"params: one per {figure.per} has no {name}")


def wildcards_of(pattern: str) -> set[str]:
    """Return the names in a pattern of a path."""
    return {name for _, name, _, _ in Formatter().parse(pattern) if name}


def _mistake(figure: Figure, what: str) -> UserError:
    return UserError(f"{CATALOGUE}, {figure.name}: {what}")
