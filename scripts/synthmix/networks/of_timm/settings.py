"""What there is to know of a network of timm, which timm itself is asked for.

That takes torch, so that it is loaded when a study has such a network, and not before.
"""

from synthmix.networks.facts import NetworkFacts


def facts(network: str) -> NetworkFacts:
    """Return the facts of `network`, "timm/<name>"; raises UserError where timm has none."""
    from synthmix.networks.of_timm.model import facts_of

    return facts_of(network)
