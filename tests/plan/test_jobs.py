import pytest

from synthmix.plan.jobs import studies_of_jobs

OF_TINY = "train_classifier:study=tiny,dataset=phantoms,classifier=vgg16,mix=real_only,seed=1"
OF_STAGES = "predict:dataset=phantoms,study=stages,seed=1"


@pytest.mark.parametrize(
    ("arguments", "studies"),
    [
        (["--cores", "1", "--target-jobs", OF_TINY, "--mode", "remote"], {"tiny"}),
        (["--target-jobs", OF_TINY, OF_STAGES, OF_TINY], {"tiny", "stages"}),
        (["--target-jobs", OF_TINY, "fetch_dataset:raw=mini_ddsm", "--force"], None),
        (["all", "--cores", "1"], None),
    ],
)
def test_the_studies_are_those_of_the_jobs_that_are_named(arguments, studies):
    assert studies_of_jobs(arguments) == studies
