"""Seeds derived from what a job is, so that no two jobs share one and none depends on order."""

import hashlib


def derive_seed(*identity: str | int) -> int:
    """Return a seed in [0, 2**63) that depends on every part of `identity` and nothing else."""
    text = "\x1f".join(str(part) for part in identity)
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big") >> 1
