"""Features and classes of samples, by the data set's classifier."""

from collections.abc import Mapping

from torch import Tensor

from pipeline.capabilities import Classifier
from pipeline.codecs import Codec, MelCodec
from pipeline.evaluation.data import in_batches
from pipeline.evaluation.results import Rows
from pipeline.metrics.frechet import frechet_distance


def measure_frechet(
    classifier: Classifier, samples: Mapping[str, Tensor], reference: Tensor
) -> Rows:
    """Measure Frechet distances of samples [N, C, H, W] to the reference [M, C, H, W].

    In the features of ``classifier``; both have to be `standardise_for` it. Raises ValueError for
    fewer than two samples on either side.
    """
    true = in_batches(classifier.features, reference)
    return {
        name: frechet_distance(in_batches(classifier.features, x), true)
        for name, x in samples.items()
    }


def predict(classifier: Classifier, x: Tensor) -> Tensor:
    """Predict the classes [N] int64 of samples [N, C, H, W]."""
    return in_batches(classifier.classify, x).argmax(dim=1)


def standardise_for(classifier: Classifier, x: Tensor, codec: Codec, domain: str) -> Tensor:
    """Bring samples [N, C, H, W] of ``domain`` to the scale that ``classifier`` learnt from.

    A classifier of speakers is given all of them by the statistics of its first class:
    standardised each by their own they would lose what tells them apart. Pictures have
    one scale only.
    """
    standard = classifier.classes[0]
    if not isinstance(codec, MelCodec) or standard not in codec.statistics or standard == domain:
        return x
    return codec.to_sample(codec.from_sample(x, domain), standard)
