from plan_data import STUDIES, plan_of, view_of
from synthmix.plan import acquire


def test_raw_files_lie_by_what_they_depend_on():
    tiny, volumes = view_of("tiny"), view_of("volumes", "volumes")
    assert acquire.raw_name(tiny) == acquire.raw_name(view_of("stages"))
    assert acquire.raw_name(volumes).startswith("mr_art-")
    # of what is downloaded there is one
    assert acquire.raw_name(plan_of("mammography").asked[0]) == "mini_ddsm"


def test_raw_files_at_their_source_are_told_from_changed_ones(tmp_path):
    folder = tmp_path / "pictures"
    assert acquire.folder_state(str(tmp_path / "elsewhere")) == "missing"
    folder.mkdir()
    assert acquire.folder_state(str(folder)) != "missing"
    view = plan_of(STUDIES / "skin_networks.yaml").view("skin_networks", "lesions")
    state = acquire.data_state(view)
    assert state == f"{acquire.raw_state(view.data)} {view.data.extra_state()}"


def test_a_users_own_weights_are_a_file_that_others_are_not():
    assert acquire.own_weights({"weights": "imagenet"}) == []
    assert acquire.own_weights({"weights": "imagenet_original"}) == []
    assert acquire.own_weights({"weights": "none"}) == []
    assert acquire.own_weights({"weights": "/mine.safetensors"}) == "/mine.safetensors"


def test_code_is_that_of_the_source_and_of_the_network():
    assert acquire.modules(view_of("tiny").data) == ("synthmix.datasets.mini_ddsm",)
    resnet = "synthmix.networks.resnet"
    modules = acquire.network_modules({"network": "resnet18"})
    assert modules == (f"{resnet}.settings", f"{resnet}.model")
