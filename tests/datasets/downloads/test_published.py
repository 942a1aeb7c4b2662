"""Published data sets: fetched, verified, unpacked, and refused."""

import re
import textwrap
from dataclasses import replace

import pytest
import tiny
from serving import Server, sha256, tarred, zipped
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.datasets.corpora import LAYOUTS, CorpusParams
from pipeline.datasets.downloads.published import PUBLISHED, Published, fetch
from pipeline.datasets.folders import PictureFolderParams
from pipeline.errors import UserError
from pipeline.params import load_params


def served(server: Server, content: bytes, suffix: str = ".zip", **others: object) -> Published:
    server.content = content
    return Published(f"{server.url.removesuffix('.zip')}{suffix}", "x", "ab", ("a", "b"), **others)


def test_a_published_set_is_verified_and_unpacked(server, tmp_path):
    content = zipped({"set/trainA/1.jpg": b"one"})
    known = served(server, content, size=len(content), sha256=sha256(content))
    assert "its SHA-256 is published" in fetch(known, tmp_path / "raw/mine")
    assert tiny.tree(tmp_path) == {"raw/mine/trainA/1.jpg": b"one"}
    assert "is there already" in fetch(known, tmp_path / "raw/mine")
    assert len(server.asked) == 1


def test_an_unknown_checksum_is_recorded_at_first_and_asked_for_later(server, tmp_path):
    content = tarred({"set/train/1.jpg": b"one"})
    known = served(server, content, ".tar.gz")
    out, record = tmp_path / "mine", tmp_path / "mine.tar.gz.sha256"
    said = fetch(known, out)
    assert "Nobody has published a checksum" in said
    assert str(record) in said
    assert record.read_text() == f"{sha256(content)}  mine.tar.gz\n"

    (out / "train/1.jpg").unlink()
    (out / "train").rmdir()
    assert f"recorded in {record}" in fetch(known, out)  # into the empty folder
    assert tiny.names_in(out / "train") == ["1.jpg"]

    (out / "train/1.jpg").unlink()
    (out / "train").rmdir()
    server.content = tarred({"set/train/1.jpg": b"two"})
    with pytest.raises(UserError, match=f"expected SHA-256 {sha256(content)} as recorded in"):
        fetch(known, out)
    assert tiny.names_in(tmp_path) == ["mine", "mine.tar.gz.sha256"]
    assert tiny.names_in(out) == []


def test_what_can_t_be_unpacked_is_neither_there_nor_recorded(server, tmp_path):
    known = served(server, b"<html>please log in</html>")
    for _ in range(2):
        with pytest.raises(UserError, match=r"is damaged.*\nremove .*mine.zip to fetch it again"):
            fetch(known, tmp_path / "mine")
        assert tiny.names_in(tmp_path) == ["mine.zip"]
    assert len(server.asked) == 1


def test_a_waiting_archive_is_verified_too(server, tmp_path):
    known = served(server, b"", sha256="0" * 64)
    (tmp_path / "mine.zip").write_bytes(zipped({"x/1.jpg": b"one"}))
    with pytest.raises(UserError, match=r"mine.zip: expected SHA-256 0+ .*; remove it"):
        fetch(known, tmp_path / "mine")
    good = replace(known, sha256=sha256((tmp_path / "mine.zip").read_bytes()))
    fetch(good, tmp_path / "mine")
    assert tiny.names_in(tmp_path) == ["mine"]
    assert server.asked == []


def test_other_things_in_the_way_are_left_alone(server, tmp_path):
    (tmp_path / "mine").write_text("mine")
    assert "left alone" in fetch(served(server, b""), tmp_path / "mine")
    assert (tmp_path / "mine").read_text() == "mine"


def test_the_table_is_sound():
    for name, published in PUBLISHED.items():
        assert published.url.startswith("https://" if published.sha256 is None else "http")
        assert published.url.endswith(published.suffix)
        assert published.sha256 is None or len(bytes.fromhex(published.sha256)) == 32
        if published.layout in LAYOUTS:
            CorpusParams(root=".", corpus=published.layout, speakers=published.domains)
        else:
            assert published.url.endswith(f"/{name}{published.suffix}")
            PictureFolderParams(root=".", layout=published.layout, domains=published.domains)


# The command


def test_the_command_fetches_and_says_what_to_write(server, in_folder, monkeypatch):
    known = served(server, zipped({"set/trainA/1.jpg": b"one", "set/trainB/1.jpg": b"two"}))
    monkeypatch.setitem(PUBLISHED, "mine", known)
    done = CliRunner().invoke(app, ["fetch", "mine"])
    assert done.exit_code == 0, done.output
    assert list(tiny.tree(in_folder / "data/raw/mine")) == ["trainA/1.jpg", "trainB/1.jpg"]
    block = done.stdout[done.stdout.index("  datasets:") :]
    (in_folder / "params.yaml").write_text("seed: 1\n" + textwrap.dedent(block))
    source = load_params(in_folder / "params.yaml").datasets["mine"].source()
    assert {d: len(items) for d, items in source.items["train"].items()} == {"a": 1, "b": 1}


def test_the_command_puts_speech_where_its_collection_is(server, in_folder, monkeypatch):
    content = tarred({"cmu_us_bdl_arctic/wav/arctic_a0001.wav": b"one"}, "bz2")
    server.content = content
    url = f"{server.url.removesuffix('.zip')}.tar.bz2"
    known = replace(PUBLISHED["arctic_bdl"], url=url, sha256=sha256(content))
    monkeypatch.setitem(PUBLISHED, "arctic_bdl", known)
    done = CliRunner().invoke(app, ["fetch", "arctic_bdl"])
    assert done.exit_code == 0, done.output
    file = "arctic/cmu_us_bdl_arctic/wav/arctic_a0001.wav"
    assert list(tiny.tree(in_folder / "data/raw")) == [file]
    block = done.stdout[done.stdout.index("  datasets:") :]
    (in_folder / "params.yaml").write_text("seed: 1\n" + textwrap.dedent(block))
    data = load_params(in_folder / "params.yaml").datasets["arctic"]
    assert (data.root, data.speakers) == ("data/raw/arctic", ("bdl",))


def test_the_command_lists_what_there_is():
    done = CliRunner().invoke(app, ["fetch", "--list"])
    assert done.exit_code == 0
    for name in [*PUBLISHED, "cityscapes"]:
        assert any(line.startswith(f"{name} ") for line in done.stdout.splitlines())
    assert "account" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "reason"),
    [
        ([], "expected the name of a data set; there are: horse2zebra"),
        (["horse2zerba"], "expected one of horse2zebra, .* found 'horse2zerba'"),
        (["cityscapes"], "its licence asks for an account"),
    ],
)
def test_the_command_refuses_with_one_message(arguments, reason, in_folder):
    done = CliRunner().invoke(app, ["fetch", *arguments])
    assert done.exit_code == 1
    assert re.search(f"^error: .*{reason}", done.stderr)
    assert tiny.names_in(in_folder) == []


def test_help_has_examples():
    text = CliRunner().invoke(app, ["fetch", "--help"]).output
    assert "Examples:" in text
    assert "  crossdomain fetch horse2zebra" in text
