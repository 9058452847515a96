"""What there is to know of VGG16; no torch here."""

from synthmix.networks.facts import pretrained_network

# multiply-adds, parameters and values of each layer, as torch counts them
_LAYERS = (
    (86_704_128, 1_792, 3_211_264),
    (1_849_688_064, 36_928, 802_816),
    (924_844_032, 73_856, 1_605_632),
    (1_849_688_064, 147_584, 401_408),
    (924_844_032, 295_168, 802_816),
    (1_849_688_064, 590_080, 802_816),
    (1_849_688_064, 590_080, 200_704),
    (924_844_032, 1_180_160, 401_408),
    (1_849_688_064, 2_359_808, 401_408),
    (1_849_688_064, 2_359_808, 100_352),
    (462_422_016, 2_359_808, 100_352),
    (462_422_016, 2_359_808, 100_352),
    (462_422_016, 2_359_808, 25_088),
)

NETWORKS = {
    "vgg16": pretrained_network(
        _LAYERS,
        minimum_size=32,
        title="VGG16",
        pooling="flatten",
        original_weights=True,
        tiny={"input_size": 64},
    ),
}
