"""Vocos as its authors' code (gemelo-ai/vocos) publishes it, read.

``pytorch_model.bin`` (or .safetensors, or a checkpoint of training with the discriminators beside)
holds the state of features, backbone and head; a ``config.yaml`` says what they are. Layers of
backbone and head are called as ours are.

Its features are torchaudio's defaults: magnitudes, HTK's mels without area norm, natural logarithm
of what is at least 1e-7. With ``padding: same`` frames lie where ours do. With ``padding: center``
they are centred on ``t * hop``, half a hop before, and T frames give (T - 1) * hop samples: ours
without half a hop at either end, for no layer knows where it is.
"""

from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import BaseModel, ConfigDict
from torch import Tensor

from pipeline.backbones.vocos import VocosParams
from pipeline.block import Kernel, Layers, Side, Width
from pipeline.codecs.spectrogram import mel_filters
from pipeline.conventions import VOCOS, MelConvention, Rate
from pipeline.errors import UserError
from pipeline.interop.published_vocoder import PublishedVocoder, configuration_of, fitting
from pipeline.system.tensor_files import Weights, load_tensors
from pipeline.system.yaml_files import read_yaml

EXPECTED = "expected the weights of a Vocos of mel frames (pytorch_model.bin)"
FILTERS = "feature_extractor.mel_spec.mel_scale.fb"
HALF = 1e-3  # of a peak of 1, what half precision may take and other filters pass
OTHERS = ("feature_extractor.", "head.istft.", "multiperioddisc.", "multiresddisc.", "melspec_loss")
"""Beginnings of what is no weight of the generator: windows, filters, discriminators."""

Padding = Literal["center", "same"]


class Arguments(BaseModel):
    """``init_args`` of one part."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class MelArguments(Arguments):
    """Of the features; what is left out has the code's default."""

    sample_rate: Rate = 24_000
    n_fft: Side = 1024
    hop_length: Side = 256
    n_mels: Kernel = 100
    padding: Padding = "center"


class BackboneArguments(Arguments):
    """Of the backbone of mel features, without adaptive norms."""

    input_channels: Kernel
    dim: Width
    intermediate_dim: Width
    num_layers: Layers
    layer_scale_init_value: float | None = None
    adanorm_num_embeddings: None = None


class HeadArguments(Arguments):
    """Of the head."""

    dim: Width
    n_fft: Side
    hop_length: Side
    padding: Padding = "same"


class Features(BaseModel):
    """Frames: mel spectrograms alone."""

    class_path: Literal["vocos.feature_extractors.MelSpectrogramFeatures"]
    init_args: MelArguments = MelArguments()


class Backbone(BaseModel):
    """ConvNeXt blocks alone."""

    class_path: Literal["vocos.models.VocosBackbone"]
    init_args: BackboneArguments


class Head(BaseModel):
    """The inverse STFT alone."""

    class_path: Literal["vocos.heads.ISTFTHead"]
    init_args: HeadArguments


class Config(BaseModel):
    """The three parts of config.yaml; what else a training's configuration has is ignored."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    feature_extractor: Features
    backbone: Backbone
    head: Head

    def check(self) -> None:
        """Raise ValueError where the parts do not fit each other."""
        mels, body = self.feature_extractor.init_args, self.backbone.init_args
        head = self.head.init_args
        for what, one, other in (
            ("n_mels and input_channels", mels.n_mels, body.input_channels),
            ("dim of backbone and head", body.dim, head.dim),
            ("hop_length of features and head", mels.hop_length, head.hop_length),
            ("padding of features and head", mels.padding, head.padding),
        ):
            if one != other:
                raise ValueError(f"{what} differ: {one} and {other}")

    def generator(self) -> VocosParams:
        """Return the network; raise ValidationError for one that can't be."""
        body, head = self.backbone.init_args, self.head.init_args
        return VocosParams(
            width=body.dim,
            hidden=body.intermediate_dim,
            layers=body.num_layers,
            n_fft=head.n_fft,
            hop=head.hop_length,
        )

    def convention(self) -> MelConvention:
        """Return what its frames mean; raise ValidationError for what can't be."""
        mels = self.feature_extractor.init_args
        return MelConvention(
            rate=mels.sample_rate,
            n_fft=mels.n_fft,
            hop=mels.hop_length,
            win=mels.n_fft,
            mels=mels.n_mels,
            fmax=mels.sample_rate / 2,
            scale=VOCOS.scale,
            norm=VOCOS.norm,
            floor=VOCOS.floor,
        )


def read(path: Path, config: Path) -> PublishedVocoder:
    """Read a Vocos of any size.

    Raises UserError, with what was expected and what was found, where the files hold none.
    """
    network, convention = read_config(config)
    weights = load_tensors(path, EXPECTED, wrapper="state_dict")
    if FILTERS in weights:
        check_filters(weights[FILTERS], convention, path)
    return fitting(generator_of(weights), network, convention, f"{path}: {EXPECTED} of {config}")


def read_config(path: Path) -> tuple[VocosParams, MelConvention]:
    """Read network and convention; raise UserError with each key that is missing or impossible."""
    with configuration_of("a Vocos of mel frames", path):
        config = Config.model_validate(parts_of(read_yaml(path)))
        config.check()
        return config.generator(), config.convention()


def parts_of(raw: Any) -> Any:
    """Return the mapping with the parts, which a training's configuration has within its model."""
    try:
        return raw["model"]["init_args"]
    except (KeyError, TypeError, IndexError):
        return raw


def generator_of(weights: Weights) -> dict[str, Tensor]:
    """Return what belongs to the generator."""
    return {name: value for name, value in weights.items() if not name.startswith(OTHERS)}


def check_filters(found: Tensor, convention: MelConvention, path: Path) -> None:
    """Raise UserError unless a checkpoint's mel filters [F, M] are those of ``convention``."""
    # Of their size only where the file has that size: a configuration may claim any.
    fits = list(found.shape) == [convention.n_fft // 2 + 1, convention.mels]
    expected = mel_filters(convention, torch.device("cpu")).T if fits else None
    if expected is None or not torch.allclose(found.float(), expected, atol=HALF):
        raise UserError(
            f"{path}: expected HTK's mel filters without area norm in {FILTERS}, as Vocos "
            "publishes them, found others: what its frames mean is not known"
        )
