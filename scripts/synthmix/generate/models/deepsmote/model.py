"""DeepSMOTE (Dablain, Krawczyk and Chawla 2022, https://arxiv.org/abs/2105.02340).

An autoencoder of all classes; new images of a class are decoded from codes that SMOTE makes
between the codes of its training images.
"""

from collections.abc import Sequence

import numpy as np
import torch
from torch import nn
from torch.nn.functional import mse_loss

from synthmix.generate.models.base import Generator
from synthmix.generate.models.class_counts import require_two_of_each
from synthmix.generate.models.deepsmote.networks import Decoder, Encoder
from synthmix.generate.models.deepsmote.settings import Settings
from synthmix.generate.models.sampling import make_images
from synthmix.generate.models.smote import (
    STEPS_BETWEEN,
    SmoteBank,
    class_neighbours,
    log_small_classes,
)
from synthmix.generate.models.steps import StepLosses, full_batches, parts_of, take_step
from synthmix.runtime import pace
from synthmix.runtime.distributed import summed

# Images are always decoded in batches of this size, the last one filled up: on a CPU the last
# bits of a convolution depend on the size of its batch, and an image must depend on its seed alone.
SAMPLE_BATCH = 64


class SamplingNetwork(nn.Module):
    """The decoder and, once training images are known, their codes."""

    def __init__(self, decoder: Decoder) -> None:
        """Build the network without codes."""
        super().__init__()
        self.decoder = decoder
        self.bank: SmoteBank | None = None


class DeepSMOTE(Generator):
    """An encoder and a decoder, trained to give back images; SMOTE between the codes."""

    Settings = Settings

    def build(self) -> None:
        """Build both networks and their optimizer; see `Generator`."""
        size, _, channels = self.image_shape
        settings = self.settings
        self.encoder = Encoder(settings, size, channels).to(self.device)
        self.network = SamplingNetwork(Decoder(settings, size, channels).to(self.device))
        # one Adam for both is two with the same settings; fused does a step in one pass of memory
        parameters = [*self.encoder.parameters(), *self.network.decoder.parameters()]
        self.optimizer = torch.optim.Adam(parameters, settings.learning_rate, fused=True)
        self._seen: tuple[torch.Tensor, torch.Tensor] | None = None

    def train_epoch(self, images: torch.Tensor, labels: torch.Tensor) -> dict[str, float]:
        """Take a step for each full batch, with a batch of one random class; see `Generator`.

        Both losses are means over the pixels in -1..1, `total_loss` is their sum.
        `loss_as_published` is that with pixels in 0..1, where differences are half and their
        squares a quarter, times the batch size: the authors' code, on which the imbalance study is
        built, adds up loss x images and divides by the number of batches. That is the likely scale
        of the study's 0.0244 on MNIST after 300 epochs. A mean in 0..1 is below it after 5 epochs
        and one in -1..1 after 22 (width 32), and the 0.94 it names for CIFAR-10 before its search
        can't be a mean: plain grey has 0.52 in -1..1. Chosen by it, of two batch sizes that learn
        as well the smaller wins.
        """
        require_two_of_each(labels, self.classes, STEPS_BETWEEN)
        self._remember(images, labels)
        self.encoder.train()
        self.network.decoder.train()
        members = [torch.nonzero(labels == label).flatten() for label in range(self.classes)]
        batch_size = min(self.settings.batch_size, len(images))
        losses = StepLosses()
        for rows in pace.each(full_batches(len(images), batch_size)):
            own = members[int(torch.randint(self.classes, ()))]
            drawn = own[torch.randperm(len(own))[:batch_size]]
            losses.add(**self._step(self._pixels(images[rows]), self._pixels(images[drawn])))
            self.images_seen += len(rows)
        means = losses.means()
        total = sum(means.values())
        return {**means, "total_loss": total, "loss_as_published": total / 4 * batch_size}

    def _step(self, mixed: torch.Tensor, one_class: torch.Tensor) -> dict[str, torch.Tensor]:
        """Take a step on both batches; return the reconstruction loss and the penalty."""
        count, of_class = len(mixed), len(one_class)
        penalties = torch.zeros((), device=self.device)

        def loss_of(mixed: torch.Tensor, one_class: torch.Tensor) -> torch.Tensor:
            # a part's share of the one batch need not be that of the other
            weight = len(one_class) / of_class / (len(mixed) / count)
            reconstruction, penalty = self._losses(mixed, one_class)
            penalties.add_(penalty.detach(), alpha=len(one_class) / of_class)
            return reconstruction + penalty * weight

        parts = parts_of(self.settings.accumulation_steps, mixed, one_class)
        total = take_step(self.optimizer, parts, count, loss_of)
        penalty = summed(penalties)
        return {"reconstruction_loss": total - penalty, "penalty_loss": penalty}

    def _losses(
        self, mixed: torch.Tensor, one_class: torch.Tensor
    ) -> tuple[torch.Tensor, torch.Tensor]:
        # As in the authors' code the penalty trains the decoder only, and compares images decoded
        # from permuted codes with the images permuted alike: neither the mean nor batch norm knows
        # the order, so it is left as it is. (The imbalance study's algorithm 1 permutes the codes
        # alone; the best image would then be the mean of its class, whatever the code.) Unlike
        # in their code, one pass decodes both batches, and batch norm is over both; the encoder's
        # passes stay apart, as one of them takes no gradient.
        if not len(one_class):  # batch norm and the mean of nothing are no numbers
            reconstruction = mse_loss(self.network.decoder(self.encoder(mixed)), mixed)
            return reconstruction, torch.zeros_like(reconstruction)
        with torch.no_grad():
            class_codes = self.encoder(one_class)
        decoded = self.network.decoder(torch.cat([self.encoder(mixed), class_codes]))
        reconstruction = mse_loss(decoded[: len(mixed)], mixed)
        return reconstruction, mse_loss(decoded[len(mixed) :], one_class)

    def finish(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Keep the codes of the training images; before any training, those of an untrained one."""
        require_two_of_each(labels, self.classes, STEPS_BETWEEN)
        log_small_classes(labels, self.settings.neighbours)
        self._remember(images, labels)
        self._bank()

    def training_parts(self) -> dict[str, nn.Module | torch.optim.Optimizer]:
        """Return the networks and their optimizers."""
        return {
            "encoder": self.encoder,
            "decoder": self.network.decoder,
            "optimizer": self.optimizer,
        }

    def sampling_network(self) -> nn.Module:
        """Return the decoder with the codes of the training images."""
        return self.network

    def load_sampling_state(self, tensors: dict[str, torch.Tensor]) -> None:
        """Take up the decoder and the codes, of however many images."""
        codes = {n.removeprefix("bank."): t for n, t in tensors.items() if n.startswith("bank.")}
        bank = SmoteBank.from_tensors(codes, self.settings.latent_dim, self.classes)
        self.network.bank = bank
        self.network.load_state_dict(tensors)

    @torch.no_grad()
    def sample(self, seeds: Sequence[int], label: int = 0, truncation: float = 1.0) -> np.ndarray:
        """Return an image of the class `label` for each seed; see `Generator`.

        `truncation` pulls a code towards the mean code of its class. The codes of the training
        images are those of the latest `train_epoch` or `finish`; one of them must have been.
        """
        bank = self._bank()
        codes = torch.from_numpy(bank.pull(bank.sample(seeds, label), label, truncation))
        decoder = self.network.decoder.eval()
        return make_images(codes, decoder, self.device, SAMPLE_BATCH)

    def _remember(self, images: torch.Tensor, labels: torch.Tensor) -> None:
        """Note whose codes to sample between, in place of older ones."""
        self._seen = images, labels
        self.network.bank = None

    @torch.no_grad()
    def _bank(self) -> SmoteBank:
        if self.network.bank is None:
            if self._seen is None:
                raise RuntimeError("no training images are known: call train_epoch or finish first")
            images, labels = self._seen
            self.encoder.eval()
            batches = images.split(SAMPLE_BATCH)
            codes = torch.cat([self.encoder(self._pixels(batch)).cpu() for batch in batches])
            nearest = class_neighbours(codes, labels, self.settings.neighbours)
            self.network.bank = SmoteBank(codes, labels, nearest)
        return self.network.bank

    def _pixels(self, images: torch.Tensor) -> torch.Tensor:
        """Return uint8 `images` as numbers in -1..1 on the device."""
        return images.to(self.device).float() / 127.5 - 1
