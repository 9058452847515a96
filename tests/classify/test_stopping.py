import math

import pytest
import torch
from torch import nn

from synthmix.classify.stopping import BestEpoch, PlateauSchedule

PLATEAU = {"patience": 2, "factor": 0.1, "min_delta": 0.01, "min_learning_rate": 1e-5}


def run(best, values):
    """Return the best epochs on the way and the epoch at which it was over, or None."""
    found = []
    for epoch, value in enumerate(values, start=1):
        if best.update(epoch, value):
            found.append(epoch)
        if best.is_over(epoch):
            return found, epoch
    return found, None


def test_a_loss_is_better_where_it_is_lower():
    assert run(BestEpoch("loss", 3), [1.0, 0.8, 0.9, 0.7, 0.7, 0.71, 0.72, 0.1]) == ([1, 2, 4], 7)


@pytest.mark.parametrize("monitor", ["accuracy", "balanced_accuracy", "macro_f1"])
def test_other_values_are_better_where_they_are_higher(monitor):
    assert run(BestEpoch(monitor, 2), [0.0, 0.5, 0.4, 0.6, 0.6, 0.5]) == ([1, 2, 4], 6)


def test_a_change_up_to_min_delta_does_not_count():
    """Small ones add up: each value is compared with the best one, not with the last."""
    best = BestEpoch("loss", 3, min_delta=0.25)

    assert run(best, [1.0, 0.75, 0.8, 0.7, 0.5, 0.45, 0.6]) == ([1, 4], 7)
    assert (best.epoch, best.value) == (4, 0.7)


def test_the_first_epoch_is_the_best_so_far():
    assert run(BestEpoch("loss", 1), [1e9]) == ([1], None)
    assert run(BestEpoch("accuracy", 1, min_delta=0.5), [0.0]) == ([1], None)


def test_a_value_that_is_no_number_is_never_better():
    assert run(BestEpoch("loss", 2), [0.5, math.nan, 0.4]) == ([1, 3], None)


def test_best_epoch_goes_on():
    values = [1.0, 0.8, 0.9, 0.85, 0.82]
    whole, first, second = (BestEpoch("loss", 3) for _ in range(3))
    run(first, values[:3])
    second.load(first.state())

    assert [second.update(4, 0.85), second.update(5, 0.82)] == [False, False]
    run(whole, values)
    assert second.state() == whole.state() == {"epoch": 2, "value": 0.8}
    assert second.is_over(5)


def optimizer(*rates):
    return torch.optim.SGD(
        [{"params": [nn.Parameter(torch.zeros(1))], "lr": rate} for rate in rates], 1.0
    )


def rates_after(losses, rates=(1e-2,), **changes):
    """Return the learning rate of the first group after each epoch."""
    steps = optimizer(*rates)
    plateau = PlateauSchedule(PLATEAU | changes, steps)
    found = []
    for loss in losses:
        before = steps.param_groups[0]["lr"]
        fell = plateau.update(loss)
        found.append(steps.param_groups[0]["lr"])
        assert fell == (found[-1] < before)
    return found


def test_the_rate_falls_at_the_end_of_as_many_epochs_as_patience():
    """The wait begins anew with each fall, of the rate or of the loss."""
    losses = [1.0, 1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.5]

    assert rates_after(losses) == pytest.approx([1e-2, 1e-2, 1e-2, 1e-2, 1e-3, 1e-3, 1e-4, 1e-4])


def test_a_small_fall_of_the_loss_is_none():
    assert rates_after([1.0, 0.995, 0.991]) == pytest.approx([1e-2, 1e-2, 1e-3])
    assert rates_after([1.0, 0.995, 0.98]) == pytest.approx([1e-2, 1e-2, 1e-2])


def test_after_a_fall_of_the_rate_the_best_loss_stays_the_mark():
    assert rates_after([1.0, 2.0, 2.0, 1.5, 1.2]) == pytest.approx([1e-2, 1e-2, 1e-3, 1e-3, 1e-4])


def test_the_rate_has_a_floor():
    assert rates_after([1.0] * 3, min_learning_rate=5e-3) == pytest.approx([1e-2, 1e-2, 5e-3])
    assert rates_after([1.0] * 5, min_learning_rate=5e-3)[-1] == 5e-3


def test_a_rate_below_the_floor_stays():
    """As those of early layers may be from the start."""
    assert rates_after([1.0] * 3, rates=(1e-4,), min_learning_rate=5e-3) == [1e-4] * 3


def test_all_rates_fall_alike():
    steps = optimizer(1.0, 0.5)
    plateau = PlateauSchedule(PLATEAU | {"patience": 1}, steps)

    assert [plateau.update(1.0), plateau.update(1.0)] == [False, True]
    assert [group["lr"] for group in steps.param_groups] == pytest.approx([0.1, 0.05])


def test_a_plateau_goes_on(tmp_path):
    losses = [1.0, 0.9, 0.95, 0.95, 0.95, 0.95, 0.95]
    whole = rates_after(losses)
    steps = optimizer(1e-2)
    plateau = PlateauSchedule(PLATEAU, steps)
    for loss in losses[:3]:
        plateau.update(loss)
    torch.save({"plateau": plateau.state(), "optimizer": steps.state_dict()}, tmp_path / "state.pt")

    state = torch.load(tmp_path / "state.pt", weights_only=True)
    steps = optimizer(1e-2)
    plateau = PlateauSchedule(PLATEAU, steps)
    steps.load_state_dict(state["optimizer"])
    plateau.load(state["plateau"])
    rest = []
    for loss in losses[3:]:
        plateau.update(loss)
        rest.append(steps.param_groups[0]["lr"])
    assert rest == whole[3:]
    assert whole[-1] < 1e-2
