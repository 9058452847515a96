"""What there is to know of SqueezeNet; no torch here."""

from synthmix.networks.facts import pretrained_network

# multiply-adds, parameters and values of each layer, as torch counts them
_LAYERS = (
    (21_290_688, 1_792, 193_600),
    (34_073_600, 11_408, 387_200),
    (37_171_200, 12_432, 93_312),
    (32_845_824, 45_344, 186_624),
    (35_831_808, 49_440, 43_264),
    (17_651_712, 104_880, 64_896),
    (18_690_048, 111_024, 64_896),
    (31_842_304, 188_992, 86_528),
    (33_226_752, 197_184, 86_528),
)

NETWORKS = {
    "squeezenet1_1": pretrained_network(
        _LAYERS, title="SqueezeNet 1.1", minimum_size=17, tiny={"input_size": 48}
    ),
}
