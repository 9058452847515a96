"""A copy of the project to run and to edit, for tests of the workflow as a whole."""

import compileall
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import warm_snakemake

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "config.yaml", "rules", "scripts", "studies", "profiles", "envs")
# of the project; beside them lie those of its users
STUDIES = ("imbalance", "mammography", "mri_qc", "skin_lesions", "transfer_learning")
_MESSAGE = r" +message:\n(?: +\S.*\n(?= +f?\"))*.*\n"  # of one line or several
LONGEST = 3600  # hangs, not slowness: other work may run beside


@dataclass
class Project:
    """A copy of the project in a folder of its own, set to run one study."""

    folder: Path
    study: str = "tiny"

    @classmethod
    def copy(cls, folder: Path, *studies: str) -> "Project":
        """Copy the project to `folder`, with the named studies of the tests or of the project.

        The first is set to run; it is tiny where none is named. No others are there, for Snakemake
        reads all that there are each time it starts.
        """
        studies = studies or ("tiny",)
        _compile()
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=_studies_but(*studies))
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / part)
        for file in (ROOT / "tests" / "studies").glob("*.yaml"):
            if file.stem in studies:
                shutil.copy(file, folder / "studies")
        return cls(folder, studies[0])

    def show_jobs(self) -> None:
        """Have Snakemake show all about a job: of one with a message it shows that alone."""
        for file in (self.folder / "rules").glob("*.smk"):
            file.write_text(re.sub(_MESSAGE, "", file.read_text()))

    def command(self, *arguments: str, **config: object) -> list[str]:
        """Return the command line that runs the study."""
        settings = {"studies": self.study, "scale": "paper", "device": "cpu"} | config
        pairs = [f"{name}={value}" for name, value in settings.items()]
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "2"]
        return [*snakemake, *arguments, "--config", *pairs]

    def run(self, *arguments: str, **config: object) -> subprocess.CompletedProcess:
        """Run Snakemake to its end; the output has standard output and error."""
        command = self.command(*arguments, **config)
        return warm_snakemake.run(command[3:], self.folder, LONGEST)

    def planned(self, *targets: str, **config: object) -> dict[str, int]:
        """Return the jobs that Snakemake would run now, by rule; none when all is done."""
        result = self.run("--dry-run", *targets, **config)
        assert result.returncode == 0, result.stdout
        if "Nothing to be done" in result.stdout:
            return {}
        return jobs_in(result.stdout)

    def results(self) -> Path:
        """Return the folder of the study's results."""
        return self.folder / "results" / "paper" / self.study / "phantoms"

    def edit(self, file: str, old: str, new: str) -> "Edit":
        """Return a context in which `old` is `new` in `file`."""
        return Edit(self.folder / file, old, new)


def jobs_in(said: str) -> dict[str, int]:
    """Return the jobs by rule, as Snakemake has said before it runs them."""
    table = said.split("Job stats:")[1].split("\n\n")[0]
    counts = dict(re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE))
    counts.pop("total")
    return {rule: int(count) for rule, count in counts.items()}


@cache
def _compile() -> None:
    """Have the modules compiled that are copied, once and not in each copy."""
    compileall.compile_dir(ROOT / "scripts", quiet=1)


def _studies_but(*studies: str) -> Callable[[str, list[str]], set[str]]:
    """Return what `copytree` is to leave out: all studies but these, and what they go over."""
    kept = {f"{study}{end}.yaml" for study in studies for end in ("", "_as_published")}

    def left_out(folder: str, names: list[str]) -> set[str]:
        if Path(folder) != ROOT / "studies":
            return set()
        return {name for name in names if name.endswith(".yaml") and name not in kept}

    return left_out


@dataclass
class Edit:
    """A change of a file that is taken back, modification time and all."""

    path: Path
    old: str
    new: str

    def __enter__(self) -> None:
        """Change the file."""
        self.state = self.path.stat()
        self.text = self.path.read_text(encoding="utf-8")
        assert self.old in self.text, f"{self.path} has no {self.old!r}"
        self.path.write_text(self.text.replace(self.old, self.new, 1), encoding="utf-8")

    def __exit__(self, *error: object) -> None:
        """Take the change back."""
        self.path.write_text(self.text, encoding="utf-8")
        os.utime(self.path, ns=(self.state.st_atime_ns, self.state.st_mtime_ns))
