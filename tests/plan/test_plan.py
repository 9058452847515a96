import re
import subprocess
import sys
from dataclasses import replace

import pytest

from plan_data import STUDIES, plan_of, study_file
from published_data import write_published
from synthmix.config.generators import searchable
from synthmix.errors import UserError
from synthmix.generate.models.dcgan.settings import Settings as DCGANSettings
from synthmix.plan.plan import Plan
from synthmix.score.settings import INCEPTION_FILE
from synthmix.search.resolve import used_as_it_is


def test_a_plan_has_every_study_as_each_of_its_data_sets_has_it(paper):
    assert ("mammography", "mammograms") in paper.views
    assert [view.dataset for view in paper.views_of("mri_qc")] == ["slices", "volumes"]
    assert paper.asked == list(paper.views.values())
    assert (paper.scale, paper.is_rehearsal, paper.results) == ("paper", False, "results/paper")


def test_nothing_is_worked_out_before_it_is_asked_for():
    plan = plan_of("mammography", "imbalance")
    view = plan.view("mammography", "mammograms")
    before = dict(vars(view))
    assert view.classifiers == ["vgg16"]
    assert vars(view).keys() - before.keys() == {"classifiers", "classifiers_trained"}
    others = (v for v in plan.views.values() if v is not view)
    assert all(vars(other).keys() == before.keys() for other in others)


def test_planning_loads_no_torch():
    code = "import sys; import synthmix.plan.ask, synthmix.plan.report, synthmix.plan.published"
    code += "; sys.exit('torch' in sys.modules or 'snakemake' in sys.modules)"
    scripts = STUDIES.parents[1] / "scripts"
    assert subprocess.run([sys.executable, "-c", code], cwd=scripts, check=False).returncode == 0


def test_a_study_that_is_not_there_is_told_with_those_that_are(paper):
    with pytest.raises(UserError, match=r"no mammography/isic at scale paper, but .*mri_qc/"):
        paper.view("mammography", "isic")
    with pytest.raises(UserError, match=r"no tiny/phantoms at scale demo.*scale=paper has those"):
        plan_of("mammography", scale="demo").view("tiny", "phantoms")


def test_other_studies_may_be_wrong_as_long_as_they_are_not_needed():
    plan = plan_of("mammography")
    assert plan.every_view() == plan.asked
    wrong = replace(plan.configuration, others_wrong="mri_qc: no such network")
    with pytest.raises(UserError, match="no such network"):
        Plan.of(wrong).every_view()


def test_a_page_is_of_a_study_or_of_all_that_are_asked_for(paper):
    assert paper.on_page("paper/mri_qc/report") == paper.views_of("mri_qc")
    assert paper.on_page("report") == [v for v in paper.asked if v.is_trained]


def test_paper_tables_are_of_studies_that_follow_their_source(tmp_path):
    values = {"published": str(write_published(tmp_path / "p.csv", []))}
    studies = {
        "mine_as_published": values,
        "other_as_published": values | {"published_values": "context"},
        "third_as_published": {},
        "tiny": values,
    }
    files = [
        study_file(tmp_path, "tiny", **more).rename(tmp_path / f"{name}.yaml")
        for name, more in studies.items()
    ]
    assert plan_of(*files).as_published == ["mine_as_published"]


def test_data_sets_that_agree_in_their_raw_files_share_them():
    studies = [STUDIES / f"{name}.yaml" for name in ("tiny", "stages", "search")]
    plan = plan_of(*studies)
    assert len(plan.views) == 3
    (name,) = plan.raw
    assert re.fullmatch("mini_ddsm-[0-9a-f]{8}", name)
    assert plan.raw_of(name).source == "mini_ddsm"
    with pytest.raises(UserError, match=f"lies in data/mnist, but in {name}; --config scale=paper"):
        plan.raw_of("mnist")


def test_weights_are_downloaded_for_the_studies_that_ask_for_them(tmp_path):
    asks = study_file(tmp_path, "tiny", scores={"network": "inception"})
    plan = plan_of(STUDIES / "search.yaml", asks)
    assert plan.score_weights == [f"data/weights/{INCEPTION_FILE}"]
    assert plan_of(STUDIES / "search.yaml").score_weights == []


def test_weights_of_a_classifiers_network_are_fetched_for_scores(tmp_path):
    asks = study_file(tmp_path, "tiny", scores={"network": "efficientnet_lite0"})
    plan = plan_of(asks)
    name = "efficientnet_lite0-imagenet"
    assert plan.starting_of(name) == {"network": "efficientnet_lite0", "weights": "imagenet"}
    assert name in plan.asked_weights
    assert plan.score_weights == []


def test_a_run_at_paper_scale_downloads_inception_where_it_scores_generators():
    inception = [f"data/weights/{INCEPTION_FILE}"]
    assert plan_of("mammography").score_weights == inception
    assert plan_of("mammography", scale="demo").score_weights == []
    assert plan_of("transfer_learning").score_weights == []  # has no generators


def test_weights_that_trainings_start_from_are_known_by_their_settings(paper):
    starting = paper.starting_weights
    assert starting["vgg16-imagenet"]["network"] == "vgg16"
    assert not any(name.startswith("cnn") for name in starting)  # all of it is trained
    tiny = plan_of(STUDIES / "tiny.yaml", seeds=[5, 6])
    assert list(tiny.starting_weights) == ["vgg16-random5"]
    assert tiny.starting_of("vgg16-random5")["weights"] == "none"
    with pytest.raises(UserError, match="nothing takes the weights vgg16-imagenet, but"):
        tiny.starting_of("vgg16-imagenet")


def test_the_best_candidate_is_adopted_where_it_was_trained_in_full():
    plan = plan_of(STUDIES / "search.yaml")
    folder = "search/phantoms/generators/{}/all_classes/weights.safetensors"
    for generator, adopted in {"scored": 1, "adopted": 1, "retrained": 0, "plain": 0}.items():
        found = re.match(plan.adopted, folder.format(generator))
        assert bool(found) == bool(adopted), generator
    assert not re.match(plan_of(STUDIES / "tiny.yaml").adopted, folder.format("dcgan"))


@pytest.mark.parametrize(
    ("search", "adopted"),
    [
        ({}, True),
        ({"epochs": 9}, True),  # as long as it is trained itself: the same training
        ({"epochs": 8}, False),
        ({"epochs": 10}, False),
        ({"adopt": False}, False),
    ],
)
def test_the_best_candidate_is_adopted_if_nothing_would_differ(search, adopted):
    searched = {"grid": {"latent_dim": [8, 16]}} | search
    settings = searchable(DCGANSettings).model_validate(
        {"model": "dcgan", "epochs": 9, "search": searched}
    )
    assert used_as_it_is(settings) == adopted


def test_new_images_are_asked_for_where_they_are_missing(tmp_path):
    tiny = STUDIES / "tiny.yaml"
    with pytest.raises(UserError, match="new_images says which images"):
        plan_of(tiny).new_images()
    with pytest.raises(UserError, match="is not there: name a folder"):
        plan_of(tiny, new_images=str(tmp_path / "gone")).new_images()
    assert plan_of(tiny, new_images=str(tmp_path)).new_images() == str(tmp_path)
