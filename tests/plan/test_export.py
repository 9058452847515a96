import pytest

from plan_data import changed
from synthmix.plan import export


@pytest.mark.parametrize(("own", "packed"), [({}, 0.7), ({"truncation": 0.2}, 0.2)])
def test_images_are_packed_with_the_truncation_of_pools_unless_another_is_named(
    tmp_path, own, packed
):
    view = changed(tmp_path, "tiny", pools={"truncation": 0.7}, export=own)
    assert export.settings(view, "dcgan")["truncation"] == packed
