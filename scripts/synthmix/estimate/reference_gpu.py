"""How long work would take on a GPU. A guess: nothing has been measured on one."""

from synthmix.estimate.work import MACS, Work

NAME = "A100"
# NVIDIA's figure for dense products of TF32, what torch's convolutions take on it
PEAK_FLOPS = 156e12
# the share of that which training of networks like these is taken to reach
SHARE = 0.1
# torch and CUDA start, then each step takes at least so long, whatever it computes
START, STEP = 15.0, 0.005

ASSUMPTION = (
    f"not measured: a guess from the arithmetic, at {SHARE:.0%} of an {NAME}'s peak of "
    f"{PEAK_FLOPS / 1e12:.0f} TFLOP/s"
)


def seconds(work: Work) -> float | None:
    """Return the guess for a job that goes through networks, None for any other."""
    if work.unit != MACS:
        return None
    least, most = (
        START + 2 * load.macs / (SHARE * PEAK_FLOPS) + STEP * load.steps
        for load in (work.least, work.most)
    )
    return (least + most) / 2
