"""Every metric that evaluations report: its title, its unit, and which way is better."""

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """The reading of a metric's number."""

    title: str
    higher_is_better: bool | None
    """None: it describes, and no value is better than another."""
    unit: str = ""
    short: str = ""
    """The title over a narrow column; "": the title itself."""

    @property
    def direction(self) -> str:
        """The way to better values: "higher", "lower", or "" where none is."""
        if self.higher_is_better is None:
            return ""
        return "higher" if self.higher_is_better else "lower"


METRICS: dict[str, Metric] = {
    "psnr": Metric("PSNR to the true counterpart", True, "dB"),
    "ssim": Metric("SSIM to the true counterpart", True),
    "ms_ssim": Metric("MS-SSIM to the true counterpart", True),
    "l1": Metric("L1 to the true counterpart", False),
    "lpips": Metric("LPIPS", False),
    "fid": Metric("FID", False),
    "kid": Metric("KID", False, "10⁻³"),
    "cmmd": Metric("CMMD", False),
    "inception_score": Metric("Inception score", True),
    "kd_imagenet": Metric(
        "Kernel distance in an ImageNet network's features",
        False,
        "10⁻³",
        short="Kernel distance, ImageNet",
    ),
    "fd_features": Metric(
        "Frechet distance in the classifier's features", False, short="Frechet distance, classifier"
    ),
    "target_similarity": Metric("Speaker similarity to the target", True),
    "source_similarity": Metric("Speaker similarity to the source", False),
    "similarity_margin": Metric("Similarity to the target less that to the source", True),
    "own_similarity": Metric("Speaker similarity to the speaker's own", True),
    "dnsmos": Metric("Predicted naturalness, DNSMOS overall", True),
    "word_error": Metric("Word error", False),
    "mcd": Metric("Mel-cepstral distortion", False, "dB"),
    "mcd_world": Metric("Mel-cepstral distortion, WORLD's cepstra", False, "dB"),
    "log_f0_rmse": Metric("Difference of pitch (log F0), root mean square", False, "cents"),
    "log_f0_correlation": Metric("Correlation of pitch (log F0)", True),
    "voicing_error": Metric("Frames voiced that should not be, or the reverse", False),
    "modulation_distance": Metric("Distance of modulation spectra", False, "dB"),
    "target_accuracy": Metric("Target accuracy, by the classifier", True),
    "target_probability": Metric("Target probability, by the classifier", True),
    "edge_correlation": Metric("Structure kept: correlation of edges with the input's", True),
    "cycle_l1": Metric("L1 after there and back", False),
    "mean_f0": Metric("Mean pitch (F0)", None, "Hz"),
    "f0_std": Metric("Spread of pitch (log F0), standard deviation", None, "cents"),
    "mel_l1": Metric("Difference of log-mel spectrograms", False),
    "mse": Metric("Mean squared error of reconstructions", False),
    "high_frequency": Metric("Energy of fine detail, relative to real test data", True),
    "perplexity": Metric("Perplexity of the codes", True, "codes"),
    "codebook_usage": Metric("Codebook usage", True),
    "elbo": Metric("Log-likelihood, lower bound", True, "nats"),
    "bits_per_dim": Metric("Bits a value, upper bound", False, "bits"),
    "precision": Metric(
        "Precision: samples within the real ones' neighbourhoods", True, short="Precision"
    ),
    "recall": Metric("Recall: real ones within the samples' neighbourhoods", True, short="Recall"),
    "density": Metric("Density", True),
    "coverage": Metric("Coverage: real ones with a sample near", True, short="Coverage"),
    "class_coverage": Metric("Classes that samples reach", True, short="Classes reached"),
    "class_accuracy": Metric(
        "Samples of the class that was asked for", True, short="Class asked for"
    ),
    "accuracy": Metric("Accuracy: test samples whose class it tells", True, short="Accuracy"),
    "combination_share": Metric(
        "Samples with the combination that training left out", None, short="Left-out combination"
    ),
    "combination_ratio": Metric(
        "That combination, relative to what independent factors would have",
        None,
        short="Combination, relative",
    ),
    "training_distance": Metric(
        "Distance to the nearest training sample, relative to that of test samples",
        None,
        short="Distance to training",
    ),
    "nearer_features": Metric(
        "Nearer to training samples than test samples are, in the classifier's features",
        None,
        short="Nearer to training, features",
    ),
    "nearer_values": Metric(
        "Nearer to training samples than test samples are, value by value",
        None,
        short="Nearer to training, values",
    ),
    "copies": Metric("Copies of single training samples", None, short="Copies"),
    "sliced_w1": Metric("Sliced Wasserstein distance", False),
    "modes_covered": Metric("Modes covered: those with half a percent of the samples", True),
    "high_quality": Metric("Samples within three standard deviations of a mode", True),
}
"""In the order in which reports list them."""

CEILINGS = frozenset(
    {
        "classifier",
        "copy_synthesis",
        "test_chunks",
        "test_pictures",
        "test_points",
        "target_recording",
    }
)
"""Rows that know the answer: nobody is expected to beat them, so they are no baselines."""


def merit(metric: str, value: float) -> float:
    """Rank a value: higher is better, and what is no number is worst."""
    if not math.isfinite(value):
        return -math.inf
    return value if METRICS[metric].higher_is_better else -value
