"""A copy of the project to run and to edit, for tests of the workflow as a whole."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
PARTS = ("Snakefile", "config.yaml", "rules", "scripts", "studies", "profiles", "envs")
# of the project; beside them lie those of its users
STUDIES = ("imbalance", "mammography", "mri_qc", "skin_lesions", "transfer_learning")


@dataclass
class Project:
    """A copy of the project in a folder of its own, set to run one study of the tests."""

    folder: Path
    study: str = "tiny"

    @classmethod
    def copy(cls, folder: Path) -> "Project":
        """Copy the project to `folder`."""
        for part in PARTS:
            source = ROOT / part
            if source.is_dir():
                shutil.copytree(source, folder / part, ignore=_ignored)
            else:
                folder.mkdir(parents=True, exist_ok=True)
                shutil.copy(source, folder / part)
        shutil.copytree(ROOT / "tests" / "studies", folder / "studies", dirs_exist_ok=True)
        return cls(folder)

    def command(self, *arguments: str, **config: object) -> list[str]:
        """Return the command line that runs the study."""
        settings = {"studies": self.study, "scale": "paper", "device": "cpu"} | config
        pairs = [f"{name}={value}" for name, value in settings.items()]
        snakemake = [sys.executable, "-m", "snakemake", "--cores", "2"]
        return [*snakemake, *arguments, "--config", *pairs]

    def run(self, *arguments: str, **config: object) -> subprocess.CompletedProcess:
        """Run Snakemake to its end; the output has standard output and error."""
        return subprocess.run(
            self.command(*arguments, **config),
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=3600,  # hangs, not slowness: other work may run beside
            check=False,
        )

    def planned(self, *targets: str, **config: object) -> dict[str, int]:
        """Return the jobs that Snakemake would run now, by rule; none when all is done."""
        result = self.run("--dry-run", *targets, **config)
        assert result.returncode == 0, result.stdout
        if "Nothing to be done" in result.stdout:
            return {}
        table = result.stdout.split("Job stats:")[1].split("\n\n")[0]
        counts = dict(re.findall(r"^(\w+) +(\d+)$", table, re.MULTILINE))
        counts.pop("total")
        return {rule: int(count) for rule, count in counts.items()}

    def results(self) -> Path:
        """Return the folder of the study's results."""
        return self.folder / "results" / "paper" / self.study / "phantoms"

    def edit(self, file: str, old: str, new: str) -> "Edit":
        """Return a context in which `old` is `new` in `file`."""
        return Edit(self.folder / file, old, new)


def _ignored(folder: str, names: list[str]) -> set[str]:
    """Return what is not copied of a folder of the project."""
    if Path(folder) == ROOT / "studies":
        # and what these go over
        kept = {f"{study}{end}.yaml" for study in STUDIES for end in ("", "_as_published")}
        return {name for name in names if name.endswith(".yaml") and name not in kept}
    return {"__pycache__"}


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
