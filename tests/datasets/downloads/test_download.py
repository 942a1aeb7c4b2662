"""Downloads: whole, resumed and refused."""

from pathlib import Path

import pytest
import tiny
from serving import CONTENT, Server, sha256

from pipeline.datasets.downloads import download as downloading
from pipeline.datasets.downloads.download import Expected, download
from pipeline.errors import UserError

HALF = len(CONTENT) // 2


def get(server: Server, path: Path, **expected: object) -> str:
    return download(server.url, path, Expected(**expected))


def broken_off(server: Server, path: Path, monkeypatch: pytest.MonkeyPatch, cut: int = HALF) -> str:
    """A download of which ``cut`` bytes come; returns what is said."""
    server.cuts = [cut]
    with monkeypatch.context() as patch:
        patch.setattr(downloading, "TRIES", 1)
        with pytest.raises(UserError) as caught:
            get(server, path)
    assert path.with_name(f"{path.name}.partial").read_bytes() == server.content[:cut]
    assert not path.exists()
    return str(caught.value)


# Whole


def test_a_file_is_fetched_and_verified(server, tmp_path, capsys):
    path = tmp_path / "deep/er/set.zip"
    digest = get(server, path, size=len(CONTENT), sha256=sha256(CONTENT))
    assert digest == sha256(CONTENT)
    assert path.read_bytes() == CONTENT
    assert tiny.names_in(path.parent) == ["set.zip"]
    assert "fetch set.zip: 3/3 MiB | done" in capsys.readouterr().err
    assert len(server.asked) == 1
    assert "Range" not in server.asked[0]


@pytest.mark.parametrize("content", [b"", b"x"])
@pytest.mark.parametrize("sized", [True, False])
def test_small_files_and_unknown_lengths(server, tmp_path, content, sized):
    server.content, server.sized = content, sized
    assert get(server, tmp_path / "x") == sha256(content)
    assert (tmp_path / "x").read_bytes() == content


# Interrupted


def test_a_cut_connection_is_taken_up_again(server, tmp_path, capsys):
    server.cuts = [HALF, 1000]
    assert get(server, tmp_path / "x") == sha256(CONTENT)
    assert [asked.get("Range") for asked in server.asked] == [
        None,
        f"bytes={HALF}-",
        f"bytes={HALF + 1000}-",
    ]
    assert server.asked[1]["If-Range"] == '"one"'
    assert "trying again" in capsys.readouterr().err
    assert tiny.names_in(tmp_path) == ["x"]


def test_a_later_command_goes_on(server, tmp_path, monkeypatch):
    text = broken_off(server, tmp_path / "x", monkeypatch)
    assert f"{HALF:,} bytes are kept" in text
    assert tiny.names_in(tmp_path) == ["x.partial", "x.partial.json"]
    assert get(server, tmp_path / "x") == sha256(CONTENT)
    assert server.asked[-1]["Range"] == f"bytes={HALF}-"


def test_without_a_tag_the_date_is_asked_by(server, tmp_path, monkeypatch):
    server.tag, server.date = 'W/"weak"', "Wed, 21 Oct 2015 07:28:00 GMT"
    broken_off(server, tmp_path / "x", monkeypatch)
    assert get(server, tmp_path / "x") == sha256(CONTENT)
    assert server.asked[-1]["If-Range"] == server.date
    assert server.asked[-1]["Range"] == f"bytes={HALF}-"


def test_a_server_need_not_repeat_the_date(server, tmp_path, monkeypatch):
    server.tag, server.date, server.repeats = "", "Wed, 21 Oct 2015 07:28:00 GMT", False
    broken_off(server, tmp_path / "x", monkeypatch)
    assert get(server, tmp_path / "x") == sha256(CONTENT)
    assert len(server.asked) == 2


def test_a_server_without_ranges_starts_over(server, tmp_path, monkeypatch):
    broken_off(server, tmp_path / "x", monkeypatch)
    server.ranges = False
    assert get(server, tmp_path / "x") == sha256(CONTENT)
    assert len(server.asked) == 2


@pytest.mark.parametrize("careless", [False, True])
def test_a_changed_file_is_fetched_from_its_start(server, tmp_path, monkeypatch, careless):
    broken_off(server, tmp_path / "x", monkeypatch)
    server.content, server.tag, server.careless = CONTENT[::-1], '"two"', careless
    assert get(server, tmp_path / "x") == sha256(CONTENT[::-1])
    assert tiny.names_in(tmp_path) == ["x"]


def test_nothing_is_resumed_of_a_file_without_a_version(server, tmp_path, monkeypatch):
    server.tag = ""
    broken_off(server, tmp_path / "x", monkeypatch)
    assert get(server, tmp_path / "x") == sha256(CONTENT)
    assert "Range" not in server.asked[-1]


def test_a_partial_file_longer_than_the_file_is_dropped(server, tmp_path, monkeypatch):
    broken_off(server, tmp_path / "x", monkeypatch)
    server.content = CONTENT[:1000]
    assert get(server, tmp_path / "x") == sha256(CONTENT[:1000])


def test_another_address_s_partial_file_is_no_beginning(server, tmp_path, monkeypatch):
    broken_off(server, tmp_path / "x", monkeypatch)
    download(server.url + "?other", tmp_path / "x", Expected())
    assert "Range" not in server.asked[-1]


@pytest.mark.parametrize("note", ["", "[]", "{}", '{"url": 1}'])
def test_a_damaged_note_is_no_beginning(server, tmp_path, monkeypatch, note):
    broken_off(server, tmp_path / "x", monkeypatch)
    (tmp_path / "x.partial.json").write_text(note)
    assert get(server, tmp_path / "x") == sha256(CONTENT)


def test_a_whole_partial_file_is_not_fetched_again(server, tmp_path, monkeypatch):
    broken_off(server, tmp_path / "x", monkeypatch)
    (tmp_path / "x.partial").write_bytes(CONTENT)  # killed before it got its name
    assert get(server, tmp_path / "x", sha256=sha256(CONTENT)) == sha256(CONTENT)
    assert len(server.asked) == 1


# Failing


def test_trying_ends(server, tmp_path):
    server.cuts = [HALF, *[0] * 20]
    with pytest.raises(UserError, match=f"the connection ended after {HALF:,} of"):
        get(server, tmp_path / "x")
    assert len(server.asked) == 5


def test_a_server_that_always_cuts_and_has_no_ranges_is_given_up(server, tmp_path):
    server.ranges, server.cuts = False, [1000] * 20
    with pytest.raises(UserError, match="the connection ended after 1,000"):
        get(server, tmp_path / "x")
    assert len(server.asked) == 5


def test_a_busy_server_is_asked_again(server, tmp_path):
    server.answers = [503, 503]
    assert get(server, tmp_path / "x") == sha256(CONTENT)


@pytest.mark.parametrize("code", [404, 403])
def test_a_refusal_ends_it_at_once(server, tmp_path, code):
    server.answers = [code]
    with pytest.raises(UserError, match=rf"{server.url}: the server answers {code}"):
        get(server, tmp_path / "x")
    assert len(server.asked) == 1
    assert tiny.names_in(tmp_path) == []


def test_nobody_there_is_said(tmp_path, monkeypatch):
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(downloading, "WAIT", 0.0)
    with Server() as gone:
        url = gone.url
    with pytest.raises(UserError, match="can't be reached") as caught:
        download(url, tmp_path / "x", Expected())
    assert "kept" not in str(caught.value)
    assert tiny.names_in(tmp_path) == []


def test_a_wrong_checksum_leaves_nothing(server, tmp_path):
    with pytest.raises(UserError) as caught:
        get(server, tmp_path / "x", sha256="0" * 64)
    for part in (server.url, "0" * 64, sha256(CONTENT), "nothing is kept"):
        assert part in str(caught.value)
    assert tiny.names_in(tmp_path) == []


@pytest.mark.parametrize("sized", [True, False])
def test_a_wrong_size_leaves_nothing(server, tmp_path, sized):
    server.sized = sized
    with pytest.raises(UserError, match=rf"expected 17 bytes as published.* {len(CONTENT):,}"):
        get(server, tmp_path / "x", size=17)
    assert tiny.names_in(tmp_path) == []


def test_a_full_disk_is_named_and_what_came_is_kept(server, tmp_path):
    with tiny.files_no_larger_than(HALF), pytest.raises(OSError, match="File too large") as caught:
        get(server, tmp_path / "x")
    assert caught.value.filename == str(tmp_path / "x.partial")
    assert not (tmp_path / "x").exists()
    assert get(server, tmp_path / "x") == sha256(CONTENT)
