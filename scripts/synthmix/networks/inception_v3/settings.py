"""What there is to know of Inception-V3; no torch here."""

from synthmix.networks.facts import pretrained_network

# multiply-adds, parameters and values of each layer, as torch counts them
_LAYERS = (
    (19_181_664, 928, 710_432),
    (199_148_544, 9_280, 691_488),
    (398_297_088, 18_560, 341_056),
    (27_284_480, 5_280, 426_320),
    (696_867_840, 138_624, 235_200),
    (312_345_600, 255_904, 313_600),
    (338_688_000, 277_472, 352_800),
    (348_096_000, 285_152, 352_800),
    (401_937_408, 1_153_280, 221_952),
    (374_063_104, 1_297_408, 221_952),
    (487_702_528, 1_691_008, 221_952),
    (487_702_528, 1_691_008, 221_952),
    (617_914_368, 2_141_952, 221_952),
    (291_004_416, 1_698_304, 81_920),
    (322_437_120, 5_044_608, 131_072),
    (388_497_408, 6_076_800, 131_072),
)

NETWORKS = {
    "inception_v3": pretrained_network(
        _LAYERS,
        title="Inception-v3",
        input_size=299,
        minimum_size=75,
        channels=2048,
        tiny={"input_size": 107},
    ),
}
