"""What there is to know of EfficientNet; no torch here."""

from synthmix.networks.facts import pretrained_network

# multiply-adds, parameters and values of each layer, as torch counts them
_LAYERS = (
    (10_838_016, 928, 401_408),
    (10_035_712, 1_448, 200_704),
    (29_203_200, 6_004, 75_264),
    (25_742_016, 10_710, 75_264),
    (18_177_984, 15_350, 31_360),
    (19_761_600, 31_290, 31_360),
    (11_717_760, 37_130, 15_680),
    (15_918_720, 102_900, 15_680),
    (15_918_720, 102_900, 15_680),
    (20_434_560, 126_004, 21_952),
    (32_833_920, 208_572, 21_952),
    (32_833_920, 208_572, 21_952),
    (21_934_752, 262_492, 9_408),
    (23_197_824, 587_952, 9_408),
    (23_197_824, 587_952, 9_408),
    (23_197_824, 587_952, 9_408),
    (29_520_000, 717_232, 15_680),
    (20_070_400, 412_160, 62_720),
)

NETWORKS = {
    "efficientnet_b0": pretrained_network(
        _LAYERS, title="EfficientNet-B0", channels=1280, tiny={"input_size": 40}
    ),
}
