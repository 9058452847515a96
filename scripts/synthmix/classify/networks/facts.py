"""What a study is checked by, of each network: no torch here."""

from dataclasses import dataclass


@dataclass(frozen=True)
class NetworkFacts:
    """What there is to know of a network before it is built."""

    input_size: int | None  # pixels that it was made for; None: that of the prepared images
    minimum_size: int  # pixels of height and width below which it can't be built
    freezable_layers: int | None  # places to cut it at; None: as many as its settings make
    pretrained: bool = True  # whether there are ImageNet weights
    volumes: bool = False  # whether it takes volumes, not pictures
    channels: int = 512  # of the last layer
    pooling: str = "average"  # how the dense layers see the last layer, where nothing is said of it


FACTS = {
    "vgg16": NetworkFacts(input_size=224, minimum_size=32, freezable_layers=13, pooling="flatten"),
    "resnet18": NetworkFacts(input_size=224, minimum_size=1, freezable_layers=9),
    "resnet34": NetworkFacts(input_size=224, minimum_size=1, freezable_layers=17),
    "resnet50": NetworkFacts(input_size=224, minimum_size=1, freezable_layers=17, channels=2048),
    "inception_v3": NetworkFacts(
        input_size=299, minimum_size=75, freezable_layers=16, channels=2048
    ),
    "squeezenet1_1": NetworkFacts(input_size=224, minimum_size=17, freezable_layers=9),
    "efficientnet_b0": NetworkFacts(
        input_size=224, minimum_size=1, freezable_layers=18, channels=1280
    ),
    # one level halves two pixels to one; how many levels there are is for their settings to say
    "cnn": NetworkFacts(None, 2, None, pretrained=False, pooling="flatten"),
    "cnn_3d": NetworkFacts(None, 2, None, pretrained=False, volumes=True, pooling="flatten"),
}
