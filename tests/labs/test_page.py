"""The page of a lab."""

import json

from pipeline.labs.findings import Finding, within
from pipeline.labs.page import Lab, build_page


def test_the_page_shows_every_number(tmp_path):
    checks = [within("good", 1.5, least=1), within("bad", 0.5, least=1)]
    finding = Finding("one", "A <title>", "Words.", checks, pictures={"one.gif": b"film"})
    build_page(Lab("The <lab>", "Measured"), [finding], 1, tmp_path / "out")
    html = (tmp_path / "out/index.html").read_text()
    assert "<h1>The &lt;lab&gt;</h1>" in html
    assert "A &lt;title&gt;" in html
    assert "1 of 2 numbers" in html
    assert html.count(">as expected<") == html.count(">not as expected<") == 1
    assert (tmp_path / "out/one.gif").read_bytes() == b"film"
    numbers = json.loads((tmp_path / "out/results.json").read_text())
    assert numbers["one"]["good"] == {"value": 1.5, "expected": "at least 1", "holds": True}
