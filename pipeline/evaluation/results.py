"""Results of evaluations: the model's numbers beside its baselines', and their reading."""

from dataclasses import dataclass

Rows = dict[str, float]
"""``model`` and each baseline (or ceiling) -> value."""

Results = dict[str, dict[str, Rows]]
"""Task -> metric -> rows."""

MODEL = "model"


@dataclass(frozen=True)
class Metric:
    """The reading of a metric's number."""

    title: str
    higher_is_better: bool | None
    """None: it describes, and no value is better than another."""
    unit: str = ""


METRICS: dict[str, Metric] = {
    "psnr": Metric("PSNR to the true counterpart", True, "dB"),
    "ssim": Metric("SSIM to the true counterpart", True),
    "l1": Metric("L1 to the true counterpart", False),
    "target_accuracy": Metric("Target accuracy, by the classifier", True),
    "target_probability": Metric("Target probability, by the classifier", True),
    "cycle_l1": Metric("L1 after there and back", False),
    "mcd": Metric("Mel-cepstral distortion", False, "dB"),
    "log_f0_rmse": Metric("Difference of pitch (log F0), root mean square", False, "cents"),
    "log_f0_correlation": Metric("Correlation of pitch (log F0)", True),
    "voicing_error": Metric("Frames voiced that should not be, or the reverse", False),
    "modulation_distance": Metric("Distance of modulation spectra", False, "dB"),
    "mean_f0": Metric("Mean pitch (F0)", None, "Hz"),
    "f0_std": Metric("Spread of pitch (log F0), standard deviation", None, "cents"),
    "mel_l1": Metric("Difference of log-mel spectrograms", False),
    "mse": Metric("Mean squared error of reconstructions", False),
    "high_frequency": Metric("Energy of fine detail, relative to real test data", True),
    "perplexity": Metric("Perplexity of the codes", True, "codes"),
    "codebook_usage": Metric("Codebook usage", True),
    "elbo": Metric("Log-likelihood, lower bound", True, "nats"),
    "bits_per_dim": Metric("Bits a value, upper bound", False, "bits"),
    "fd_features": Metric("Frechet distance in the classifier's features", False),
    "class_coverage": Metric("Classes that samples reach", True),
}
"""Every metric that evaluations report, in the order in which reports list them."""
