"""Seeds derived from what is drawn, so that no result depends on the order of jobs.

Trainings that are compared share a seed on purpose: two mixes start from the same weights.
"""

import hashlib


def derive_seed(*identity: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on every part of `identity` and nothing else."""
    text = "\x1f".join(str(part) for part in identity)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
