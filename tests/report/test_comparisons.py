"""A model's numbers beside its baselines'."""

import pytest
import tiny

from pipeline.evaluation import context, conversion
from pipeline.evaluation.metric_table import CEILINGS
from pipeline.evaluation.results import Cost, Measured, Verdict
from pipeline.methods.registry import load_run
from pipeline.report.baselines import BASELINES, baseline
from pipeline.report.comparisons import Comparison, list_baselines, title_of_metric
from pipeline.report.scales import MARGIN, WIDTH, scale_of
from pipeline.report.tasks import KINDS, TRANSLATION, describe_task, kinds_of
from pipeline.report.verdicts import Decision, lead
from pipeline.report.words import MINUS, breakable, counted, enumerated, number, spoken


@pytest.mark.parametrize("terms", [context.PICTURES, context.SOUND])
def test_the_baselines_of_generative_models_are_described(terms):
    for name in (terms.mean, terms.test, "noise", "untrained", "half_the_codebook"):
        assert BASELINES[name].words
    assert terms.test in CEILINGS
    assert terms.mean not in CEILINGS


def test_every_baseline_of_voices_is_described():
    baselines = {
        conversion.SOURCE,
        conversion.STATISTICS,
        conversion.CLASSICAL,
        conversion.CEILING,
    }
    assert baselines | {conversion.BEFORE, conversion.WANTED} <= BASELINES.keys()
    assert baseline("unheard_of").title == "Unheard of"


@pytest.mark.parametrize(
    ("name", "rows", "strongest", "best"),
    [
        ("psnr", {"model": 19.0, "mean_picture": 14.0}, "mean_picture", {"model"}),
        ("l1", {"model": 19.0, "mean_picture": 14.0}, "mean_picture", {"mean_picture"}),
        (
            "ssim",
            {"model": 1.0, "mean_picture": 1.0, "noise": 0.0},
            "mean_picture",
            {"model", "mean_picture"},
        ),
        # A ceiling doesn't compete.
        (
            "mcd",
            {"model": 6.0, "statistics": 7.0, "copy_synthesis": 3.0},
            "statistics",
            {"model"},
        ),
        ("mcd", {"model": 6.0, "copy_synthesis": 3.0}, None, set()),
        # What only describes has no best value.
        ("mean_f0", {"model": 200.0, "source_recording": 100.0}, None, set()),
        ("mse", {"model": float("nan"), "mean_picture": 0.2}, "mean_picture", {"mean_picture"}),
    ],
)
def test_the_strongest_baseline_and_the_best_values(name, rows, strongest, best):
    comparison = Comparison(name, Measured(rows, {"model": (5.0, 6.5)}))
    assert comparison.strongest == strongest
    assert {row for row in rows if comparison.cell(row).best} == best
    assert comparison.cell("model").interval == "5 to 6.5"
    assert comparison.cell("untouched_input") is None


def test_baselines_stand_in_their_order_and_ceilings_last():
    first = Comparison("mcd", Measured({"model": 1.0, "copy_synthesis": 0.0, "statistics": 2.0}))
    second = Comparison("l1", Measured({"model": 1.0, "noise": 2.0, "statistics": 2.0}))
    assert list_baselines([first, second]) == ["statistics", "noise", "copy_synthesis"]


# Verdicts


def decide(params, name: str, task: str, metric: str, **rows: float) -> Decision:
    verdict = Verdict(metric, "", "noise", "better", [Cost("psnr", 1.0, 2.0)])
    described = describe_task(task, params.runs[name])
    return Decision(described, Comparison(metric, Measured({"noise": 9.0, **rows})), verdict)


def test_the_foremost_kind_of_task_stands_for_a_model_and_of_several_the_worst(params):
    samples = decide(params, "gan", "samples", "fd_features", model=3.0)
    rebuilt = decide(params, "gan", "reconstruction", "fd_features", model=5.0)
    assert lead([rebuilt, samples]) is samples
    near = decide(params, "voice", "arthur_to_beatrice", "mcd", model=5.0)
    far = decide(params, "voice", "beatrice_to_arthur", "mcd", model=7.0)
    assert lead([near, far]) is lead([far, near]) is far
    assert lead([]) is None
    assert samples.costs == ["PSNR to the true counterpart: 1 against 2 dB"]


def test_a_verdict_without_a_baseline_is_none(params):
    task = describe_task("samples", params.runs["gan"])
    verdict = Verdict("fd_features", "", None, None)
    decision = Decision(task, Comparison("fd_features", Measured({"model": 1.0})), verdict)
    assert decision.label.word == "no baseline"
    assert decision.baseline is None


def test_the_directions_of_a_model_of_many_are_compared_pair_by_pair():
    block = {"method": "adain_vc", "data": "voices", "domains": ["c", "a", "b"], "steps": 1}
    run = load_run(block)
    task, back, other = (describe_task(name, run) for name in ("c_to_a", "a_to_c/pitch", "b_to_a"))
    assert (task.title, back.title) == ("c → a", "a → c, pitch")
    assert task.kind is back.kind is other.kind is TRANSLATION
    assert task.subject == back.subject == ("a", "c")  # as those of a model of a and c alone
    assert other.subject == ("a", "b")


def test_tasks_are_told_by_their_names(params):
    run, gan = params.runs["voice"], params.runs["gan"]
    pitch = describe_task("beatrice_to_arthur/pitch", run)
    assert (pitch.title, pitch.figure) == ("beatrice → arthur, pitch", "beatrice_to_arthur")
    assert pitch.is_part
    assert pitch.subject == describe_task("arthur_to_beatrice", run).subject
    rebuilt = describe_task("reconstruction/digit", gan)
    assert (rebuilt.title, rebuilt.figure) == ("Reconstruction / digit", "reconstructions/digit")
    assert describe_task("arthur_to_beatrice", gan).kind is KINDS[-1]
    names = ("likelihood", "samples", "codes", "samples")
    kinds = kinds_of([describe_task(name, gan) for name in names])
    assert [kind.name for kind in kinds] == ["sampling", "codes", "likelihood"]


def test_a_vocoder_vocodes_voices_that_it_did_not_learn_from():
    run = tiny.zoo().runs["hifigan"]
    for voice in (run.domains[0], "stranger"):
        task = describe_task(voice, run)
        assert (task.kind.name, task.title) == ("vocoding", f"Vocoding of {voice}")
        assert task.figure == voice


# Values on a line


def test_better_is_further_right_whichever_way_a_metric_counts():
    for name, worse, better in (("psnr", 10.0, 20.0), ("mse", 0.4, 0.2)):
        values = {"model": better, "noise": worse}
        scale = scale_of(Comparison(name, Measured(values, {"model": (better, better)})))
        assert [(dot.role, dot.at) for dot in scale.dots] == [
            ("baseline", MARGIN),
            ("model", WIDTH - MARGIN),
        ]
        assert scale.span == (WIDTH - MARGIN, WIDTH - MARGIN)
        assert scale.alt == f"From worse to better: Noise {worse:g}, The model {better:g}"


def test_values_of_very_different_sizes_are_set_in_decades():
    values = {"model": 10.0, "noise": 1000.0, "test_pictures": 0.1, "untrained": float("inf")}
    scale = scale_of(Comparison("fd_features", Measured(values)))
    assert scale.alt == (
        "From worse to better, on a log scale: Noise 1,000, The model 10, Test pictures 0.1"
    )
    assert scale.dots[-1].at == pytest.approx(WIDTH / 2)
    assert [dot.role for dot in scale.dots] == ["baseline", "ceiling", "model"]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("mse", {"model": 1.0}),
        ("mse", {"model": float("nan"), "noise": 1.0, "untrained": 2.0}),
        ("mean_f0", {"model": 1.0, "source_recording": 2.0}),
    ],
)
def test_no_line_without_two_values_to_compare(name, values):
    assert scale_of(Comparison(name, Measured(values))) is None


# Words


def test_numbers_as_people_read_them():
    values = [0.0155, -230.7986, 428721.0, 1.0, 0.00001234, float("nan"), float("-inf"), 0.0]
    assert [number(value) for value in values] == [
        "0.0155",
        f"{MINUS}230.8",
        "428,721",
        "1",
        f"1.23e{MINUS}05",
        "not a number",
        f"{MINUS}∞",
        "0",
    ]


def test_names_as_people_read_them():
    assert spoken("arthur_to_beatrice/pitch") == "Arthur to beatrice / pitch"
    assert breakable("a_b-<c>") == "a_<wbr>b-<wbr>&lt;c&gt;"
    assert [counted(1, "model"), counted(1200, "model")] == ["1 model", "1,200 models"]
    assert [enumerated(["a"]), enumerated(["a", "b", "c"])] == ["a", "a, b and c"]
    assert title_of_metric("mcd") == "Mel-cepstral distortion"
    assert title_of_metric("unheard_of") == "Unheard of"
