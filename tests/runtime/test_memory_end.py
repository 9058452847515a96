"""A job that has no batches ends, with a message, where it holds more than a rehearsal lets it."""

import subprocess
import sys

import pytest

from workflow_project import ROOT

# as scripts have it: it holds the GB that it is told
JOB = """
import sys, time
from types import SimpleNamespace
import numpy as np
from synthmix.runtime.jobs import job
from synthmix.runtime.memory_end import ended_beyond_memory

log, scale, bound, more = sys.argv[1], sys.argv[2], float(sys.argv[3]), float(sys.argv[4])
config = {"scale": scale, "rehearsal_memory_gb": bound}
snakemake = SimpleNamespace(config=config, log=[log], params={})
with job(snakemake), ended_beyond_memory(snakemake, "scores.plane_images"):
    kept = np.ones(int(more * 2**27))
    time.sleep(0.2)
print("done")
"""


@pytest.mark.parametrize(
    ("scale", "more", "ends"),
    [("rehearsal", 1.2, True), ("rehearsal", 0, False), ("paper", 1.2, False)],
)
def test_what_holds_more_is_ended_in_rehearsals_alone(tmp_path, scale, more, ends):
    log = tmp_path / "job.log"
    run = subprocess.run(
        [sys.executable, "-c", JOB, str(log), scale, "1", str(more)],
        env={"PYTHONPATH": str(ROOT / "scripts")},
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert run.returncode == (1 if ends else 0), run.stderr
    assert ("done" in run.stdout) is not ends
    told = "and rehearsal_memory_gb allows 1: lower scores.plane_images, raise"
    assert (told in log.read_text(), told in run.stderr) == (ends, ends)
