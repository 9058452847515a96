import pytest

from plan_data import ROOT, plan_of
from synthmix.plan.plan import Plan


@pytest.fixture(scope="session")
def paper() -> Plan:
    """The plan of the five studies of the project at scale paper."""
    studies = ("mammography", "skin_lesions", "transfer_learning", "imbalance", "mri_qc")
    assert all((ROOT / "studies" / f"{study}.yaml").is_file() for study in studies)
    return plan_of(*studies)
