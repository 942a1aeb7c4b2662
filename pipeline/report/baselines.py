"""Baselines and ceilings of evaluations, in words."""

from dataclasses import dataclass

from pipeline.report.words import spoken


@dataclass(frozen=True)
class Baseline:
    """A baseline that a model is compared with."""

    title: str
    words: str


BASELINES: dict[str, Baseline] = {
    "mean_picture": Baseline(
        "Mean picture",
        "The mean of all training pictures, given as every answer: what a model reaches that has "
        "learnt nothing but the average.",
    ),
    "mean_chunk": Baseline(
        "Mean chunk",
        "The mean of all chunks of the training sound, given as every answer: what a model reaches "
        "that has learnt nothing but the average.",
    ),
    "untouched_input": Baseline(
        "Untouched input", "The input, handed back as it came: what doing nothing reaches."
    ),
    "no_model": Baseline(
        "No model", "Another test picture in place of the one that should have come back."
    ),
    "colour_statistics": Baseline(
        "Colour statistics",
        "The input with mean and std of each colour channel moved to the target domain's: what "
        "changing colours without learning reaches.",
    ),
    "gaussian": Baseline(
        "Gaussian",
        "Samples of one Gaussian with the mean and the covariance of the training samples: what "
        "knows their statistics of second order, and no more.",
    ),
    "training_pictures": Baseline(
        "Training pictures",
        "Real pictures that training saw. None has the combination that was left out: where the "
        "classifier sees it in them it is mistaken.",
    ),
    "noise": Baseline("Noise", "Samples of independent random values."),
    "untrained": Baseline("Untrained", "The same network with its first, random weights."),
    "commonest_class": Baseline(
        "Commonest class", "The class that most training samples have, given as every answer."
    ),
    "classifier": Baseline(
        "Classifier",
        "The data set's own classifier, which read the label of every training sample. It sets the "
        "ceiling.",
    ),
    "half_the_codebook": Baseline(
        "Half the codebook", "Half of the codes, all used alike: what a healthy codebook exceeds."
    ),
    "test_pictures": Baseline(
        "Test pictures",
        "Real pictures that training never saw, in place of the model's. They set the ceiling: "
        "samples as good as new data would land here.",
    ),
    "test_chunks": Baseline(
        "Test chunks",
        "Chunks of real recordings that training never heard, in place of the model's. They set "
        "the ceiling: samples as good as new data would land here.",
    ),
    "mean_point": Baseline("Mean point", "A Gaussian about the mean of all training points."),
    "test_points": Baseline(
        "Test points",
        "Real points that training never saw, in place of the model's. They set the ceiling: "
        "samples as good as new data would land here.",
    ),
    "source_through_vocoder": Baseline(
        "Source through vocoder",
        "The source speaker, unconverted, through the same vocoder: what doing nothing reaches.",
    ),
    "statistics": Baseline(
        "Statistics",
        "The source with the mean and std of each mel band moved to the target speaker's, "
        "through the same vocoder: what converting frames without learning reaches. Pitch stays, "
        "but where frames are WORLD's parameters: there those of each feature and of log F0 are "
        "moved, as of any conversion.",
    ),
    "statistics_f0": Baseline(
        "Statistics with pitch",
        "The same of the mel bands and of pitch (log F0), done to the recording itself by the "
        "WORLD vocoder: the classical conversion without learning.",
    ),
    "source_recording": Baseline(
        "Source, before", "The source speaker's recordings of the sentences, before conversion."
    ),
    "target_speaker": Baseline(
        "Target speaker", "The target speaker's training recordings: what conversion should reach."
    ),
    "target_recording": Baseline(
        "Target recording",
        "The recording itself, as it was spoken. It sets the ceiling.",
    ),
    "griffin_lim": Baseline(
        "Griffin-Lim",
        "The classical algorithm, which finds phases that fit the frames and learns nothing.",
    ),
    "copy_synthesis": Baseline(
        "Copy synthesis",
        "The target speaker's own recording through the same vocoder. It sets the ceiling: what "
        "it loses, the vocoder loses.",
    ),
}
"""Everything that evaluations put beside a model, in words."""


def baseline(name: str) -> Baseline:
    """Describe a baseline; one that `BASELINES` doesn't know by its name alone."""
    return BASELINES.get(name) or Baseline(spoken(name), "")
