"""Stand-ins for packages that the tests don't install: they keep what the true ones would."""

import sys
from importlib.machinery import ModuleSpec
from types import ModuleType, SimpleNamespace


def install(monkeypatch, name, **attributes):
    """Make `import name` find a module with these attributes."""
    module = ModuleType(name)
    module.__spec__ = ModuleSpec(name, None, origin="test")
    module.__dict__.update(attributes)
    monkeypatch.setitem(sys.modules, name, module)


class FakeWandb:
    """Weights & Biases: a row is written when one of a later step begins, or at the end."""

    def __init__(self, monkeypatch):
        """Stand in for the package `wandb`; `sessions` has what each call of `init` began."""
        self.sessions = []
        install(monkeypatch, "wandb", init=self.init, Image=lambda pixels: ("image", pixels))

    def init(self, *, project, name, id, resume, dir, mode, settings):
        """Begin a session with the arguments that the true function knows by these names."""
        arguments = {"project": project, "name": name, "id": id, "resume": resume, "dir": dir}
        session = SimpleNamespace(
            arguments=arguments | {"mode": mode, "settings": settings},
            written={},
            pending={},
            step=0,
            exit_code=None,
        )
        session.log = lambda data, step: self._log(session, data, step)
        session.finish = lambda exit_code: self._finish(session, exit_code)
        self.sessions.append(session)
        return session

    def _log(self, session, data, step):
        assert step >= session.step, "a step that is over is dropped"
        if step > session.step:
            self._write(session)
        session.step = step
        session.pending |= data

    def _finish(self, session, exit_code):
        self._write(session)
        session.exit_code = exit_code

    def _write(self, session):
        if session.pending:
            session.written[session.step] = session.pending
            session.pending = {}


class FakeMlflow:
    """MLflow: a store for each address, in which metrics are added to and never overwritten."""

    def __init__(self, monkeypatch):
        """Stand in for the package `mlflow`; `stores` has experiments and runs by address."""
        self.stores = {}
        install(monkeypatch, "mlflow", MlflowClient=self.client)
        install(
            monkeypatch,
            "mlflow.entities",
            Metric=lambda key, value, timestamp, step: (key, value, step),
        )

    def client(self, tracking_uri):
        """Return a client of the store at `tracking_uri`."""
        store = self.stores.setdefault(tracking_uri, {"experiments": {}, "runs": {}})
        return FakeMlflowClient(store["experiments"], store["runs"])


class FakeMlflowClient:
    """What the adapter calls of the true client, with its parameters' names and order."""

    def __init__(self, experiments, runs):
        """Work on the experiments and runs of a store."""
        self.experiments, self.runs = experiments, runs

    def get_experiment_by_name(self, name):
        """Return the experiment, or None."""
        return SimpleNamespace(experiment_id=f"id of {name}") if name in self.experiments else None

    def create_experiment(self, name, artifact_location=None, tags=None):
        """Make an experiment, of whose name there may be one."""
        assert name not in self.experiments
        self.experiments[name] = artifact_location
        return f"id of {name}"

    def create_run(self, experiment_id, start_time=None, tags=None, run_name=None):
        """Make a run that goes on."""
        run_id = f"run {len(self.runs)}"
        self.runs[run_id] = SimpleNamespace(
            experiment=experiment_id, name=run_name, metrics=[], images=[], status="RUNNING"
        )
        return SimpleNamespace(info=SimpleNamespace(run_id=run_id))

    def update_run(self, run_id, status=None, name=None):
        """Change the state of a run."""
        self.runs[run_id].status = status

    def log_batch(self, run_id, metrics=(), params=(), tags=()):
        """Add metrics."""
        self.runs[run_id].metrics += metrics

    def log_image(self, run_id, image, artifact_file=None, *, key=None, step=None):
        """Add an image."""
        assert image.ndim == 3
        self.runs[run_id].images.append((key, step))

    def set_terminated(self, run_id, status=None, end_time=None):
        """End a run."""
        self.runs[run_id].status = status
