"""A real SLURM of one node, this machine, for the tests: munged, slurmctld and slurmd.

Partitions `cpu` and `gpu`; the node says that it has two GPUs, with device files like /dev/null.
"""

import os
import shutil
import signal
import socket
import stat
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import accumulate
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel")
# where jobs look for it: Snakemake's plugin takes SLURM_CONF, like all its variables, from them
CONFIGURED = Path("/etc/slurm/slurm.conf")
START_SECONDS = 60

CONFIGURATION = """\
ClusterName=synthmix
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
# no cgroups: there may be none to write to where the tests run
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
MpiDefault=none
TaskProlog={folder}/prolog
# a job over its memory is killed by what is seen of it each second
JobAcctGatherType=jobacct_gather/linux
JobAcctGatherFrequency=task=1
JobAcctGatherParams=OverMemoryKill,UsePss
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SchedulerParameters=sched_interval=2,sched_min_interval=100000,batch_sched_delay=0
GresTypes=gpu
SlurmdParameters=config_overrides
ReturnToService=2
JobRequeue=1
KillWait=30
MinJobAge=86400
OverTimeLimit=0
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory={memory_mb} Gres=gpu:2 State=UNKNOWN
PartitionName=cpu Nodes={host} Default=YES State=UP
PartitionName=gpu Nodes={host} State=UP
"""


# What each task was given; that of a batch script itself is no task of ours
PROLOG = """\
#!/bin/sh
[ "$SLURM_STEP_ID" = 0 ] && \
    echo "$SLURM_JOB_ID,$SLURM_JOB_PARTITION,$CUDA_VISIBLE_DEVICES" >> {tasks}
exit 0
"""


@dataclass(frozen=True)
class Task:
    """A job's work as it began: its partition, and the GPUs that it sees."""

    job: str
    partition: str
    devices: str


def missing() -> str | None:
    """Return why no SLURM can be started here, None where one can."""
    absent = [name for name in PROGRAMS if shutil.which(name) is None]
    if absent:
        return f"SLURM is not installed: no {', '.join(absent)} (Debian: slurm-wlm, munge)"
    if os.geteuid() != 0:
        return "SLURM's daemons run jobs as root alone"
    if CONFIGURED.exists() and not _left_over():
        return f"{CONFIGURED} is there: a cluster of its own, which the tests leave alone"
    return None


def _left_over() -> bool:
    """Return whether the configuration is one of ours, of a run that was killed."""
    if not CONFIGURED.is_symlink() or "ClusterName=synthmix\n" not in CONFIGURED.read_text():
        return False
    answer = subprocess.run(("scontrol", "ping"), capture_output=True, text=True, check=False)
    return "UP" not in answer.stdout


@dataclass
class Cluster:
    """A cluster whose files are in `folder`."""

    folder: Path
    cpus: int = 4
    memory_mb: int = 16000
    _processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def start(self) -> None:
        """Start the daemons; return once the node waits for jobs."""
        for name in ("state", "spool"):
            (self.folder / name).mkdir(parents=True)
        devices = [self.folder / f"gpu{number}" for number in range(2)]
        for device in devices:
            os.mknod(device, stat.S_IFCHR | 0o666, os.makedev(1, 3))  # as /dev/null
        text = CONFIGURATION.format(
            host=self._host(),
            folder=self.folder,
            controller_port=_free_port(),
            node_port=_free_port(),
            cpus=self.cpus,
            memory_mb=self.memory_mb,
        )
        (self.folder / "slurm.conf").write_text(text)
        lines = "".join(f"Name=gpu File={device}\n" for device in devices)
        (self.folder / "gres.conf").write_text(f"AutoDetect=off\n{lines}")
        for name in ("slurm.conf", "gres.conf"):
            CONFIGURED.with_name(name).unlink(missing_ok=True)
            CONFIGURED.with_name(name).symlink_to(self.folder / name)
        (self.folder / "tasks").touch()
        prolog = self.folder / "prolog"
        prolog.write_text(PROLOG.format(tasks=self.folder / "tasks"))
        prolog.chmod(0o755)
        key = self.folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        self._run(
            "munged",
            *("munged", "--foreground", "--force", "--num-threads=2"),
            *(f"--socket={self.folder}/munge.socket", f"--key-file={key}"),
            *(f"--pid-file={self.folder}/munge.pid", f"--log-file={self.folder}/munge.log"),
            f"--seed-file={self.folder}/munge.seed",
        )
        self._run("slurmctld", "slurmctld", "-D")
        self._run("slurmd", "slurmd", "-D")
        self.wait_until_idle()

    def stop(self) -> None:
        """Kill what runs on the cluster, and the daemons."""
        for job in self.say("squeue", "-h", "-o", "%A", check=False).split():
            self.say("scancel", "--signal=KILL", "--full", job, check=False)
        for name in ("slurm.conf", "gres.conf"):
            CONFIGURED.with_name(name).unlink(missing_ok=True)
        for name in ("slurmctld", "slurmd", "munged"):
            if name in self._processes:
                self._end(name)

    def say(self, *command: str, check: bool = True) -> str:
        """Run a command of SLURM and return what it says."""
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr}")
        return done.stdout

    def tasks(self) -> list[Task]:
        """Return the tasks that have begun, in their order."""
        lines = (self.folder / "tasks").read_text().splitlines()
        return [Task(*line.split(",")) for line in lines]

    def most_at_once(self, partition: str) -> int:
        """Return how many jobs of a partition have run at a time, at the most."""
        events = []
        for told in self._jobs():
            if told["Partition"] == partition and told["EndTime"] != "Unknown":
                events += [(told["StartTime"], 1), (told["EndTime"], -1)]
        return max(accumulate(change for _, change in sorted(events)), default=0)

    def wait_until_idle(self) -> None:
        """Return once the node can take jobs."""
        self._wait(
            lambda: self.say("sinfo", "-h", "-o", "%T", check=False).split()[:1] == ["idle"], "node"
        )

    def running(self, rule: str) -> str:
        """Return a job of a rule that is running, as soon as there is one."""
        found: list[str] = []

        def look() -> bool:
            found.extend(
                told["JobId"]
                for told in self._jobs()
                if told["JobState"] == "RUNNING" and f"rule_{rule}" in told["Comment"]
            )
            return bool(found)

        self._wait(look, f"job of {rule}", 900)
        return found[0]

    def pending(self) -> None:
        """Return as soon as a job waits."""
        self._wait(
            lambda: any(told["JobState"] == "PENDING" for told in self._jobs()), "waiting job", 900
        )

    def cancel(self, job: str) -> None:
        """Cancel a job as its user does."""
        self.say("scancel", job)

    def drain(self) -> None:
        """Let the node take no jobs; those that run go on."""
        self._set_node("State=DRAIN", "Reason=test")

    def resume(self) -> None:
        """Let the node take jobs again."""
        self._set_node("State=RESUME")

    def restart_controller(self) -> None:
        """Stop slurmctld in the midst of its work and start it again, with what it has kept."""
        self._end("slurmctld")
        self._run("slurmctld", "slurmctld", "-D")
        self._wait(lambda: "UP" in self.say("scontrol", "ping", check=False), "controller")

    def asked_for(self, rule: str) -> list[tuple[str, int, int]]:
        """Return (state, MB, times started again) of each job of a rule, in their order."""
        return [
            (told["JobState"], int(told["MinMemoryNode"].rstrip("M")), int(told["Restarts"]))
            for told in self._jobs()
            if f"rule_{rule}" in told["Comment"]
        ]

    def _set_node(self, *settings: str) -> None:
        self.say("scontrol", "update", f"NodeName={self._host()}", *settings)

    @staticmethod
    def _host() -> str:
        return socket.gethostname().split(".")[0]

    def _jobs(self) -> list[dict[str, str]]:
        """Return what SLURM says of each job."""
        lines = self.say("scontrol", "show", "jobs", "--oneliner").splitlines()
        return [
            {"Comment": ""} | dict(pair.split("=", 1) for pair in line.split() if "=" in pair)
            for line in lines
            if line.startswith("JobId")
        ]

    def _run(self, name: str, *command: str) -> None:
        with (self.folder / f"{name}.out").open("ab") as output:
            self._processes[name] = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def _end(self, name: str) -> None:
        process = self._processes.pop(name)
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

    def _wait(self, ready: Callable[[], bool], what: str, seconds: float = START_SECONDS) -> None:
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                logs = [
                    file.read_text(errors="replace")[-2000:] for file in self.folder.glob("*.out")
                ]
                raise RuntimeError(f"no {what}:\n" + "\n".join(logs))
            time.sleep(0.2)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return found.getsockname()[1]
