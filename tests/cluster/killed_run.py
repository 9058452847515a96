"""A run of the workflow on this machine, to be killed with SIGKILL at a random moment."""

import os
import re
import signal
import subprocess
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import Random

from workflow_project import Project

EVERYTHING, SNAKEMAKE, ONE_JOB = "everything", "Snakemake alone", "one job"
WHOM = (EVERYTHING, SNAKEMAKE, ONE_JOB)
# hangs, not slowness: other work may run beside
LONGEST = 3600
GOING_ON = "going on after epoch"


@dataclass
class Run:
    """Snakemake at work in a project, with its jobs in a session of its own."""

    project: Project
    process: subprocess.Popen[bytes]
    said: Path
    began: float = field(default_factory=time.time)

    @classmethod
    def start(cls, project: Project, *targets: str, **config: object) -> "Run":
        """Start the command that `Project.run` runs; a job that fails ends it."""
        said = project.folder / "said.txt"
        with said.open("wb") as output:
            process = subprocess.Popen(
                project.command(*targets, "--retries", "0", **config),
                cwd=project.folder,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )
        return cls(project, process, said)

    def ends_within(self, seconds: float) -> bool:
        """Wait that long; return whether the run has ended, and without an error."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        assert self.process.returncode == 0, self.said.read_text()[-5000:]
        return True

    def jobs(self) -> dict[int, str]:
        """Return the rules of the jobs that run now, by the number of their process."""
        found = {}
        for process in Path("/proc").glob("[0-9]*"):
            try:
                # after the name of the program, in brackets: state, parent, group, session
                session = (process / "stat").read_text().rpartition(")")[2].split()[3]
                command = (process / "cmdline").read_text()
            except OSError:  # it has ended
                continue
            rule = re.search(r"\.snakemake/scripts/tmp\w+\.(\w+)\.py", command)
            if int(session) == self.process.pid and rule:
                found[int(process.name)] = rule[1]
        return found

    def kill(self, whom: str, random: Random) -> list[str] | None:
        """Kill `whom` of `WHOM`, everything where no job runs; wait for Snakemake to end.

        Returns the rules that were at work; None where the run has come to its end all the same.
        """
        jobs = self.jobs()
        if whom == ONE_JOB and jobs:
            victim = random.choice(sorted(jobs))
            jobs = {victim: jobs[victim]}
            with suppress(ProcessLookupError):
                os.kill(victim, signal.SIGKILL)
        elif whom == SNAKEMAKE and jobs:
            self.process.kill()
        else:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(LONGEST)
        return list(jobs.values()) if self.process.returncode else None


@dataclass
class Killed:
    """What was killed of a run, how many seconds after its start, and which rules were at work."""

    seconds: float
    whom: str
    rules: list[str]


@dataclass
class Kills:
    """What was killed of runs of one study, and which trainings have gone on."""

    seed: int
    random: Random = field(init=False, repr=False)
    killed: list[Killed] = field(default_factory=list)
    gone_on: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Draw from the seed."""
        self.random = Random(self.seed)

    def run_killed(self, project: Project, wanted: int, longest: float, **config: object) -> None:
        """Run the study, killed at a random moment and run again until `wanted` were killed.

        No moment is more than `longest` seconds after the start. The last run goes to its end,
        which an earlier one may come to before it is killed.
        """
        while len(self.killed) < wanted:
            seconds = self.random.uniform(0, longest)
            whom = self.random.choice((EVERYTHING, *WHOM))
            run = Run.start(project, **config)
            if run.ends_within(seconds):
                self.note_gone_on(project)
                return
            rules = run.kill(whom, self.random)
            self.note_gone_on(project)
            if rules is None:
                return
            self.killed.append(Killed(seconds, whom, rules))
            print(f"{len(self.killed)}: {self.killed[-1]}", flush=True)
        result = project.run(**config)
        assert result.returncode == 0, f"{self}\n{result.stdout[-5000:]}"
        self.note_gone_on(project)

    def note_gone_on(self, project: Project) -> None:
        """Remember which logs say that a training goes on: a job's log is written anew."""
        for log in (project.folder / "results").rglob("logs/train_*/**/*.log"):
            lines = log.read_text(errors="replace").splitlines()
            self.gone_on |= {f"{log.name}: {line}" for line in lines if GOING_ON in line}
