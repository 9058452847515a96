"""What a trained network looks at: the maps its layers make, and Grad-CAM heat maps."""

import torch
from torch.nn.functional import interpolate

from synthmix.networks.base import Network
from synthmix.networks.of_timm.chain import as_maps, last_maps, pooled_of


@torch.no_grad()
def feature_maps(network: Network, images: torch.Tensor) -> list[torch.Tensor]:
    """Return what each of `network.layers` makes of `images`, a tensor (N, C, h, w) a layer.

    `images` are normalised pictures (N, C, H, W), or volumes (N, 1, X, Y, Z) with maps
    (N, C, x, y, z). The network is run in evaluation mode and left in the mode it was in.
    """
    maps = []
    with _EvaluationMode(network):
        values = images
        for layer in network.layers:
            values = layer(values)
            maps.append(as_maps(network.layers, values.clone()))  # a layer behind may work in place
    return maps


def grad_cam(
    network: Network, images: torch.Tensor, class_index: int | torch.Tensor
) -> torch.Tensor:
    """Return heat maps of where the network sees the class `class_index`, 0..1.

    `images` are normalised pictures (N, C, H, W) or volumes (N, 1, X, Y, Z); `class_index` is one
    class or one an image, (N,). The maps are as large as the images, (N, H, W) or (N, X, Y, Z),
    and each is scaled by its own maximum; where nothing speaks for the class it is 0 everywhere.
    Grad-CAM of Selvaraju et al. (2017) over the last layer before pooling; of the network the
    mode and the gradients are left as they were.
    """
    with _EvaluationMode(network):
        pooled = pooled_of(network.layers)
        with torch.no_grad():
            maps, behind = (
                last_maps(network.layers, images)
                if pooled
                else (network.layers(images), torch.nn.Identity())
            )
        maps = maps.detach().requires_grad_()
        with torch.enable_grad():
            logits = network.head(network.pooling(behind(maps)))
            index = torch.as_tensor(class_index, device=logits.device).expand(len(logits))
            score = logits.gather(1, index[:, None]).sum()
            # the answer of nearest neighbours has no slope: nothing is seen to speak for it
            sloped = score.requires_grad
            gradients = torch.autograd.grad(score, maps)[0] if sloped else torch.zeros_like(maps)
    gradients, maps = (as_maps(network.layers, values) for values in (gradients, maps))
    places = tuple(range(2, maps.ndim))
    importance = gradients.mean(places, keepdim=True)
    heat = (importance * maps.detach()).sum(1, keepdim=True).relu()
    mode = "trilinear" if heat.ndim == 5 else "bilinear"
    heat = interpolate(heat, size=images.shape[2:], mode=mode, align_corners=False)[:, 0]
    largest = heat.flatten(1).amax(1).clamp_min(torch.finfo(heat.dtype).tiny)
    return heat / largest.view(-1, *[1] * (heat.ndim - 1))


class _EvaluationMode:
    """Puts a network into evaluation mode, and afterwards into the mode it was in."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.modes = {module: module.training for module in network.modules()}

    def __enter__(self) -> None:
        self.network.eval()

    def __exit__(self, *_error: object) -> None:
        for module, mode in self.modes.items():
            module.training = mode
