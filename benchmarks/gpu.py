"""What this project does on a GPU, in ten minutes at most: one command, a table and a JSON file.

    PYTHONPATH=scripts .venv/bin/python benchmarks/gpu.py --output gpu
    PYTHONPATH=scripts .venv/bin/python benchmarks/gpu.py --device cpu --tiny --output /tmp/gpu

Each generator and each network of classifiers takes some steps at the settings that a study has at
scale paper, the largest there are: images a second, the most memory that was held, and what share
of a step it takes to read a batch from the store. Then trainings are broken off and resumed, run
out of memory that is made scarce, two share a card by lease, and the GPU tests of the project run.
Each part has its time; one that fails or takes longer does not keep the others from being tried,
and the command ends with code 1 and their names. What is known is written after each part, so that
a machine that is taken away leaves what it had.

`--tiny` takes small networks in the place of those of the studies: it shows that all of this works,
on any machine. Where this project is not installed it needs torch 2.11 or newer with torchvision,
pytest, numpy, pandas, scikit-learn, pyyaml, pillow, safetensors and tqdm, which are often there,
and pydantic, monai and imbalanced-learn with what they need, which often are not; no network, and
no Snakemake.
"""

import argparse
import json
import os
import platform
import queue
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
PARTS = Path(__file__).with_name("gpu_parts.py")
# those whose data sets, taken together, have every generator and network
STUDIES = ["mammography", "imbalance", "skin_lesions", "transfer_learning", "mri_qc"]
# steps that are measured, the first left out: each regularisation of StyleGAN2-ADA has its turn
STEPS = {"stylegan2_ada": 17}
STEPS_OF_OTHERS = 8
TINY_STEPS = 3

START, TRAINING, SEVERAL, TESTS = 120, 90, 180, 180  # seconds that parts have at the most
TOTAL = 570

# github.com/NVlabs/stylegan2-ada-pytorch, README, "Expected training time": one Tesla V100,
# --cfg=auto --aug=ada, seconds for 1000 images and the highest GPU memory
NVIDIA = {
    128: ("12.8-13.7", "7.2"),
    256: ("21.6-24.2", "5.0"),
    512: ("72.5-74.9", "7.6"),
    1024: ("154.3-161.6", "8.1"),
}


@dataclass
class Run:
    """What was asked for, what is found by now, and how long there is left."""

    arguments: argparse.Namespace
    folder: Path
    end: float
    found: dict[str, dict[str, Any]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)

    def limit(self, seconds: float) -> float:
        """Return the seconds that something may take, of those that are left."""
        return max(1.0, min(seconds, self.end - time.monotonic()))

    def keep(self, told: Mapping[str, Any]) -> None:
        """Take up what a part has told, show it, and write all that is known."""
        part, seconds = told["part"], told.get("seconds")
        if "error" in told:
            self.failed[part] = str(told["error"])
            print(f"{part}: FAILED after {seconds} s: {told['error']}", flush=True)
        else:
            self.found[part] = {"seconds": seconds, **told["found"]}
            print(f"{part}: {seconds} s", flush=True)
        self.write()

    def write(self) -> None:
        """Write the table and the JSON file."""
        output = self.arguments.output
        output.mkdir(parents=True, exist_ok=True)
        known = {"machine": machine(), "tiny": self.arguments.tiny, **vars(self)}
        for name in ("arguments", "folder", "end"):
            del known[name]
        (output / "gpu.json").write_text(json.dumps(known, indent=2) + "\n", encoding="utf-8")
        (output / "gpu.md").write_text(markdown(known), encoding="utf-8")


def main() -> None:
    """Run the parts; end with code 1 where one failed."""
    arguments = _arguments()
    with tempfile.TemporaryDirectory() as name:
        run = Run(arguments, Path(name), time.monotonic() + arguments.seconds)
        cases = tiny_cases() if arguments.tiny else study_cases()
        told = {
            "cases": cases,
            "steps": TINY_STEPS if arguments.tiny else STEPS | {"": STEPS_OF_OTHERS},
            "device": arguments.device,
            "threads": arguments.threads,
        }
        (run.folder / "cases.json").write_text(json.dumps(told), encoding="utf-8")
        trained = [f"{case['kind']}:{case['name']}" for case in cases]
        wanted = arguments.parts or [*trained, "resume", "memory", "lease", "tests"]
        in_worker = [part for part in wanted if part not in ("lease", "tests")]
        work_through(run, in_worker)
        for part, work in (("lease", two_trainings), ("tests", gpu_tests)):
            if part in wanted:
                run.keep(_tried(run, part, work))
    print((arguments.output / "gpu.md").read_text(encoding="utf-8"))
    if run.failed:
        sys.exit(f"{len(run.failed)} part(s) failed: {', '.join(run.failed)}")


def study_cases() -> list[dict[str, Any]]:
    """Return every generator and network as a study has it at scale paper, at its largest."""
    from synthmix.config.load import load
    from synthmix.plan.plan import Plan

    configuration = load({"studies": STUDIES, "scale": "paper"}, ROOT)
    largest: dict[tuple[str, str], tuple[tuple[int, ...], dict[str, Any]]] = {}
    for view in Plan.of(configuration).asked:
        for size, case in [*_generators(view), *_classifiers(view)]:
            key = case["kind"], case["name"]
            if key not in largest or size > largest[key][0]:
                largest[key] = size, case
    return [largest[key][1] for key in _registered() if key in largest]


def _generators(view: Any) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    for name, found in view.generators_trained.items():
        settings = {**found.base, **found.own}
        kind = view.generator_settings[name]
        size = settings["image_size"] or view.prepare.image_size
        classes = len(view.classes) if kind.joint else 1
        shape = (size, size, view.prepare.channels)
        case = _case("generator", settings["model"], view, _short_generator(settings), shape)
        yield (size, settings["batch_size"]), case | {"classes": classes}


def _classifiers(view: Any) -> Iterator[tuple[tuple[int, ...], dict[str, Any]]]:
    from synthmix.networks.plan import input_size_of, unfrozen_of
    from synthmix.plan import classify

    for name in view.classifiers:
        found = view.classifiers_trained[name]
        for possible in classify.possible(view, name):
            settings = _short_classifier({**found.base, **found.own, **possible})
            size = input_size_of(settings) or view.prepare.image_size or 0
            shape = view.prepare.volume_shape or (view.image_shape[1],) * 2 + view.image_shape[:1]
            case = _case("classifier", settings["network"], view, settings, shape)
            weight = (size, unfrozen_of(settings), settings["batch_size"])
            yield weight, case | {"classes": len(view.classes)}


def _case(
    kind: str, name: str, view: Any, settings: dict[str, Any], shape: Sequence[int]
) -> dict[str, Any]:
    study = f"{view.study}, {view.dataset}"
    return {"kind": kind, "name": name, "study": study, "settings": settings, "shape": [*shape]}


def tiny_cases() -> list[dict[str, Any]]:
    """Return every generator and network as small as its tests have it."""
    from synthmix.classify.settings import Classifier
    from synthmix.networks.plan import minimum_size_of
    from synthmix.registry import load_classifier_facts, load_generator_settings

    cases = []
    for kind, name in _registered():
        case = {"kind": kind, "name": name, "study": "tiny", "classes": 2}
        if kind == "generator":
            own = load_generator_settings(name)
            settings = own(**{"model": name, "epochs": 1} | own.tiny | {"batch_size": 8})
            plain = _short_generator(settings.model_dump(mode="json"))
            shape, case["classes"] = [32, 32, 1], 2 if settings.joint else 1
        else:
            facts = load_classifier_facts(name)
            own = {"weights": "none", "dense_layers": [8], "epochs": 1, "batch_size": 4}
            own |= {} if facts.volumes else {"input_size": 32}
            settings = Classifier(**{"network": name} | own | dict(facts.tiny))
            plain = _short_classifier(settings.model_dump(mode="json"))
            if not facts.volumes:
                plain["input_size"] = max(32, minimum_size_of(plain))
            shape = [16, 16, 16] if facts.volumes else [32, 32, 3]
        cases.append(case | {"settings": plain, "shape": shape})
    return cases


def _short_generator(settings: dict[str, Any]) -> dict[str, Any]:
    """Return settings that take one epoch, and one before it where autoencoders learn first."""
    short = settings | {"epochs": 1, "snapshots": None, "sheet_epochs": []}
    short |= {"init_from": None} if "init_from" in settings else {}
    if "autoencoder_epochs" in settings:
        short |= {"epochs": 2, "autoencoder_epochs": 1}
    return short


def _short_classifier(settings: dict[str, Any]) -> dict[str, Any]:
    return settings | {"epochs": 1, "patience": 9, "weights": "none", "class_weights": "none"}


def _registered() -> list[tuple[str, str]]:
    from synthmix.registry import CLASSIFIERS, GENERATORS, load_generator_settings

    trained = [name for name in GENERATORS if not load_generator_settings(name).is_ready]
    generators = [("generator", name) for name in reversed(trained)]
    return generators + [("classifier", name) for name in CLASSIFIERS]


def work_through(run: Run, parts: Sequence[str]) -> None:
    """Have a process do the parts one after another, and another one what one of them cut short."""
    left = list(parts)
    while left:
        process = _start(run, left)
        lines = _lines_of(process)
        seconds = run.limit(START)
        while left:
            begun = time.monotonic()
            try:
                line = lines.get(timeout=seconds)
            except queue.Empty:
                line = None
            if line and not line.startswith('{"part"'):  # something else that was printed
                continue
            told = json.loads(line) if line else None
            if told is None:
                _end(process)
                why = "it took too long" if line is None else f"it ended with {process.wait()}"
                lost = time.monotonic() - begun
                run.keep({"part": left.pop(0), "seconds": round(lost, 1), "error": why})
                break
            if told["part"] != "ready":
                left.remove(told["part"])
                run.keep(told)
            if left:
                seconds = run.limit(SEVERAL if ":" not in left[0] else TRAINING)
        with suppress(subprocess.TimeoutExpired):
            process.wait(20)
        _end(process)


def two_trainings(run: Run) -> dict[str, Any]:
    """Train in two processes at once; return the pace of each and what they said of the GPU."""
    both = [_start(run, ["lease"]) for _ in range(2)]
    end, told = time.monotonic() + run.limit(SEVERAL), []
    try:
        for process in both:
            text, _ = process.communicate(timeout=max(1.0, end - time.monotonic()))
            told.append(json.loads(text.strip().splitlines()[-1]))
    finally:
        for process in both:
            _end(process)
    for one in told:
        if "error" in one:
            raise RuntimeError(one["error"])
    found = [one["found"] for one in told]
    said = [line for one in found for line in one["said"]]
    if run.arguments.device == "cuda":
        if sum(line.startswith("taken while") for line in said) != 2:
            raise RuntimeError(f"not both took a GPU by lease: {said}")
        cards = {line.split("=")[-1] for line in said if line.startswith("taken while")}
        if len(cards) == 1 and sum(line.startswith("shared with") for line in said) != 1:
            raise RuntimeError(f"one GPU for both, and not one alone says so: {said}")
    return {"images_per_second": [one["images_per_second"] for one in found], "said": said}


def gpu_tests(run: Run) -> dict[str, Any]:
    """Run the tests that need a GPU; without one all of them are left out."""
    files = [
        str(path.relative_to(ROOT))
        for path in sorted((ROOT / "tests").rglob("test_*.py"))
        if "pytest.mark.gpu" in path.read_text(encoding="utf-8")
    ]
    asked = [sys.executable, "-m", "pytest", "-q", "-m", "gpu", "-p", "no:cacheprovider", *files]
    result = subprocess.run(
        asked, cwd=ROOT, capture_output=True, text=True, timeout=run.limit(TESTS)
    )
    (run.arguments.output / "tests.log").write_text(result.stdout + result.stderr, "utf-8")
    last = (result.stdout.strip().splitlines() or ["nothing was said"])[-1]
    if result.returncode:
        raise RuntimeError(f"{last}; see tests.log")
    return {"said": last, "files": len(files)}


def _tried(run: Run, part: str, work: Callable[[Run], dict[str, Any]]) -> dict[str, Any]:
    start = time.monotonic()
    try:
        told = {"found": work(run)}
    except Exception as error:  # whatever it is, the other parts are to be tried
        told = {"error": f"{type(error).__name__}: {error}"}
    return {"part": part, "seconds": round(time.monotonic() - start, 1), **told}


def _start(run: Run, parts: Sequence[str]) -> subprocess.Popen[str]:
    path = os.pathsep.join(filter(None, [str(ROOT / "scripts"), os.environ.get("PYTHONPATH")]))
    return subprocess.Popen(
        [sys.executable, str(PARTS), str(run.folder), *parts],
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
        start_new_session=True,
    )


def _lines_of(process: subprocess.Popen[str]) -> "queue.Queue[str]":
    """Return what will have the lines of a process, and an empty one at its end."""
    lines: queue.Queue[str] = queue.Queue()

    def read() -> None:
        for line in process.stdout:
            lines.put(line)
        lines.put("")

    threading.Thread(target=read, daemon=True).start()
    return lines


def _end(process: subprocess.Popen[str]) -> None:
    """End a process that this one has started, and those that it has."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def machine() -> dict[str, Any]:
    """Return what this ran on."""
    import torch

    found = {"python": platform.python_version(), "torch": torch.__version__}
    if torch.cuda.is_available():  # CUDA itself is not begun by this
        found |= {"gpu": torch.cuda.get_device_name(), "cuda": torch.version.cuda}
    return found | {"date": time.strftime("%Y-%m-%d"), "cpus": os.cpu_count()}


def markdown(known: Mapping[str, Any]) -> str:
    """Return what is known as a section for docs/reproduction.md."""
    on = known["machine"]
    where = f"{on.get('gpu', 'a CPU')}, torch {on['torch']}, Python {on['python']}, {on['date']}"
    if known["tiny"]:
        where += "; tiny networks, which say nothing of speed"
    lines = [f"## On {where}", ""]
    lines += ["`benchmarks/gpu.py`; steps on noise, from random weights, the first left out.", ""]
    lines += _pace_table(known["found"])
    lines += _beside_nvidia(known["found"])
    for part in ("resume", "memory", "lease", "tests"):
        if part in known["found"]:
            lines.append(f"- **{part}**: {_in_words(part, known['found'][part])}")
    lines += [f"- **{part} FAILED**: {why}" for part, why in known["failed"].items()]
    return "\n".join(lines) + "\n"


def _pace_table(found: Mapping[str, Any]) -> list[str]:
    lines = [
        "| | study | image | batch | images/s | of it loading | peak memory | drawn/s |",
        "| --- | --- | --- | --- | --- | --- | --- | --- |",
    ]
    for part, one in found.items():
        kind, _, name = part.partition(":")
        if not name:
            continue
        settings, shape = one["settings"], " x ".join(str(length) for length in one["shape"])
        if settings.get("input_size"):
            shape += f", seen at {settings['input_size']}"
        on_gpu = one["peak_gpu_mb"]
        memory = f"{on_gpu / 1024:.1f} GB" if on_gpu else f"{one['peak_ram_mb'] / 1024:.1f} GB RAM"
        drawn = f"{one['sampled_per_second']:.3g}" if kind == "generator" else ""
        cells = [f"{name}{', mixed precision' if settings.get('mixed_precision') else ''}"]
        cells += [one["study"], shape, str(settings["batch_size"])]
        cells += [f"{one['images_per_second']:.4g}", f"{one['loading_share']:.1%}", memory, drawn]
        lines.append(f"| {' | '.join(cells)} |")
    return [*lines, ""]


def _beside_nvidia(found: Mapping[str, Any]) -> list[str]:
    ours = found.get("generator:stylegan2_ada")
    if ours is None or ours["shape"][0] not in NVIDIA:
        return []
    size = ours["shape"][0]
    seconds, memory = NVIDIA[size]
    return [
        f"StyleGAN2-ADA at {size} x {size}, seconds for 1000 images: here "
        f"{1000 / ours['images_per_second']:.1f} without scores and "
        f"{(ours['peak_gpu_mb'] or 0) / 1024:.1f} GB; NVIDIA's program on one Tesla V100 {seconds} "
        f"and {memory} GB ([README](https://github.com/NVlabs/stylegan2-ada-pytorch) of "
        f"stylegan2-ada-pytorch, expected training time, `--cfg=auto --aug=ada`).",
        "",
    ]


def _in_words(part: str, one: Mapping[str, Any]) -> str:
    if part == "tests":
        return f"{one['said']}, of {one['files']} files"
    if part == "lease":
        rates = " and ".join(f"{rate:.4g}" for rate in one["images_per_second"])
        return f"two trainings at once, {rates} images/s; {'; '.join(one['said']) or 'no GPU'}"
    told = {name: value for name, value in one.items() if name != "seconds"}
    if part == "resume":
        return "; ".join(f"{name}: {value}" for name, value in told.items())
    return "; ".join(
        f"{name}: {len(value['said'])} time(s) out of memory, then in {value['parts']} parts"
        for name, value in told.items()
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--device", default="cuda", choices=("cuda", "cpu"))
    parser.add_argument("--tiny", action="store_true", help="small networks in place of a study's")
    parser.add_argument("--output", type=Path, default=Path("gpu"), help="folder of the results")
    parser.add_argument("--parts", nargs="+", help="such as generator:dcgan, resume, tests")
    parser.add_argument("--seconds", type=float, default=TOTAL, help="in all, at the most")
    parser.add_argument("--threads", type=int, default=1, help="of the CPU, for each training")
    arguments = parser.parse_args()
    arguments.output = arguments.output.resolve()
    return arguments


if __name__ == "__main__":
    main()
