"""Curves sorted into charts, and charts laid out."""

import re

import pytest
from curves import write_curve

from pipeline.errors import UserError
from pipeline.report.charts import MOST_POINTS, decades, draw, thin, ticks
from pipeline.report.curves import read_charts


@pytest.mark.parametrize("content", ["", "step\tnll\n", "a\tb\n1\t2\n", "step\tnll\n50\n"])
def test_damaged_curves_are_named(tmp_path, content):
    (tmp_path / "nll.tsv").write_text(content)
    with pytest.raises(UserError, match=re.escape(str(tmp_path / "nll.tsv"))):
        read_charts(tmp_path)


def test_curves_of_a_kind_share_a_chart_that_can_show_both(tmp_path):
    write_curve(tmp_path / "real_logit.tsv", [1.0, 2.0])
    write_curve(tmp_path / "fake_logit.tsv", [-1.0, -2.0])
    write_curve(tmp_path / "generator_loss.tsv", [900.0, 400.0])
    write_curve(tmp_path / "critic_loss.tsv", [0.5, 0.25])
    write_curve(tmp_path / "train" / "nll.tsv", [3.0, 1.0])
    charts = {chart.title: [line.name for line in chart.lines] for chart in read_charts(tmp_path)}
    assert charts == {
        "Critic loss": ["Critic loss"],
        "Generator loss": ["Generator loss"],
        "Logit": ["Fake logit", "Real logit"],
        "Train / nll": ["Nll"],
    }


def test_a_chart_survives_what_losses_do():
    chart = draw("Loss", {"loss": [(1, 2.0), (2, float("nan")), (3, 1.0)]})
    assert chart.lines[0].path.count("M") == 2
    assert draw("Flat", {"loss": [(1, 0.0), (2, 0.0)]}).lines[0].last == "0"
    assert draw("Lost", {"loss": [(1, float("inf"))]}).lines[0].path == ""
    steep = draw("Steep", {"loss": [(1, 1e6), (2, 1.0)]})
    assert steep.logarithmic
    assert len(steep.y_ticks) <= 7


def test_ticks_enclose_with_round_values():
    assert ticks(0.13, 0.57) == [0.0, 0.2, 0.4, 0.6]
    assert ticks(0, 1500, 4) == [0, 500, 1000, 1500]
    assert len(ticks(3.0, 3.0)) > 1
    assert decades(0.5, 200.0) == [0.1, 1.0, 10.0, 100.0, 1000.0]


def test_long_curves_are_thinned_to_means():
    points = [(float(step), float(step % 2)) for step in range(10_001)]
    thinned = thin(points)
    assert len(thinned) <= MOST_POINTS + 1
    assert thinned[-1] == points[-1]
    assert all(0.4 < value < 0.6 for _, value in thinned[:-1])
