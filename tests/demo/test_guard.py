"""The guard in front of the demo: names, pages from elsewhere, passwords, headers."""

import asyncio
from collections.abc import Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import pytest
from playwright.sync_api import Browser, expect
from starlette.datastructures import Headers
from visiting import Served

from demo import app, guard
from demo.app import running
from demo.guard import ALL_GUESSES, GUESSES, HEADERS, MINUTE, WAIT, Guesses, is_local, names_of
from pipeline.errors import UserError

PATHS = (  # of each kind: the page, its parts, the API, streams of events, files
    "",
    "config",
    "theme.css",
    "gradio_api/info",
    "gradio_api/heartbeat/abc",
    "gradio_api/queue/data?session_hash=abc",
    "gradio_api/file=x.png",
)


@pytest.fixture(scope="module")
def http(served: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=served.url, timeout=20) as client:
        yield client


@pytest.fixture(scope="module")
def port(served: Served) -> int:
    found = httpx.URL(served.url).port
    assert found is not None
    return found


def only(models: Path, folder: Path, name: str) -> Path:
    folder.mkdir()
    (folder / name).symlink_to(models / name)
    return folder


# Names


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:{port}", "127.0.0.1.evil.example", "localhost.evil.example",
     "evil@localhost", "localhost/x", "[localhost]", "localhost:x", "127.0.0.1:1:2", ""],
)  # fmt: skip
def test_no_path_answers_to_another_name(
    http: httpx.Client, port: int, path: str, host: str
) -> None:
    refused = http.get(path, headers={"Host": host.format(port=port)})
    assert refused.status_code == 403
    assert "--allow-host NAME" in refused.text
    refused = http.post(path.split("?")[0], headers={"Host": host.format(port=port)}, json={})
    assert refused.status_code == 403


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:{port}", "127.0.0.1", "[::1]:{port}", "192.168.7.7:{port}"]
)
def test_localhost_and_addresses_in_digits_are_answered(
    http: httpx.Client, port: int, host: str
) -> None:
    assert http.get("config", headers={"Host": host.format(port=port)}).status_code == 200


def test_two_names_are_none() -> None:
    hosts = [(b"host", b"localhost:7860"), (b"host", b"evil.example")]
    assert guard.Guard(nothing, set()).refusal(Headers(raw=hosts), "/") is not None


async def nothing(*_: object) -> Any:
    raise AssertionError("passed on")


def test_a_websocket_is_guarded_too() -> None:
    sent: list[MutableMapping[str, Any]] = []

    async def send(message: MutableMapping[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "websocket", "path": "/", "headers": [(b"host", b"evil.example")]}
    passing = guard.Guard(nothing, set())(scope, nothing, send)
    with ThreadPoolExecutor(1) as thread:  # the browser has a loop of its own in this one
        thread.submit(asyncio.run, passing).result()
    assert [message["type"] for message in sent] == ["websocket.close"]


def test_names_that_were_allowed_are_answered(models: Path, tmp_path: Path) -> None:
    folder = only(models, tmp_path / "a", "vae")
    with running(folder, host="127.0.0.1", allow_hosts=["Demo.example.org"]) as page:
        for host, status in (("demo.example.org", 200), ("example.org", 403)):
            found = httpx.get(f"{page.local_url}config", headers={"Host": host})
            assert found.status_code == status
        behind_a_proxy = {"Origin": "https://demo.example.org"}
        found = httpx.get(f"{page.local_url}config", headers=behind_a_proxy)
        assert found.status_code == 200


def test_the_public_address_is_answered_and_loads_nothing_from_elsewhere(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = gr.Blocks.launch

    def shared(page: gr.Blocks, **options: Any) -> None:
        launch(page, **options)
        page.share, page.share_url = True, "https://1a2b.gradio.live"

    monkeypatch.setattr(gr.Blocks, "launch", shared)
    with running(only(models, tmp_path / "a", "vae")) as page:
        headers = {"Host": "1a2b.gradio.live", "Origin": "https://1a2b.gradio.live"}
        found = httpx.get(page.local_url, headers=headers)
        assert found.status_code == 200
        assert "amazonaws" not in found.text
        headers["Host"] = "other.gradio.live"
        assert httpx.get(page.local_url, headers=headers).status_code == 403


def test_names_come_from_the_command() -> None:
    assert (
        names_of("127.0.0.1", []) == names_of("0.0.0.0", []) == names_of("localhost", []) == set()
    )
    assert names_of("Box.lan", ["demo.example.org"]) == {"box.lan", "demo.example.org"}
    for bad in ("http://x", "x:80", "*", "", "x y", "x/"):
        with pytest.raises(UserError, match="give a name alone"):
            names_of("127.0.0.1", [bad])
    assert all(map(is_local, ("127.0.0.1", "127.0.0.2", "localhost", "::1", "[::1]")))
    assert not any(map(is_local, ("0.0.0.0", "::", "box.lan", "192.168.7.7")))


# Pages from elsewhere


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("host", ["127.0.0.1:{port}", "[::1]:{port}", "192.168.7.7:{port}"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:1", "http://localhost", "https://[::1",
     "http://127.0.0.1:{port}.evil.example"],
)  # fmt: skip
def test_pages_from_elsewhere_are_refused(
    http: httpx.Client, port: int, method: str, host: str, origin: str
) -> None:
    headers = {"Host": host.format(port=port), "Origin": origin.format(port=port)}
    for path in ("config", "gradio_api/upload", "gradio_api/queue/join", "login"):
        refused = http.request(method, path, headers=headers)
        assert refused.status_code == 403
        assert "not pages from elsewhere" in refused.text


def test_the_own_page_is_answered(http: httpx.Client, port: int) -> None:
    for host in ("127.0.0.1", "localhost", "[::1]"):
        headers = {"Host": f"{host}:{port}", "Origin": f"http://{host}:{port}"}
        assert http.get("config", headers=headers).status_code == 200


@pytest.mark.parametrize(
    "path",
    ["gradio_api/file=http://example.org/x", "gradio_api/file=https://example.org/x",
     "gradio_api/file/http://example.org/x", "gradio_api/proxy=https://a.hf.space/x",
     "gradio_api/deep_link?session_hash=x", "monitoring", "monitoring/summary"],
)  # fmt: skip
def test_what_the_demo_has_no_use_for_is_closed(http: httpx.Client, path: str) -> None:
    found = http.get(path)
    assert (found.status_code, found.text) == (403, "The demo does not offer this.")


# Passwords


def test_passwords_can_be_guessed_a_few_times_a_minute(models: Path, tmp_path: Path) -> None:
    folder = only(models, tmp_path / "a", "vae")
    with running(folder, login=("guest", "secret")) as page:
        right, wrong = ({"username": "guest", "password": p} for p in ("secret", "guess"))

        def attempt(data: dict[str, str], **headers: str) -> httpx.Response:
            return httpx.post(f"{page.local_url}login", data=data, headers=headers)

        for _ in range(GUESSES + 1):  # who knows it may come often
            assert attempt(right).status_code == 200
        for _ in range(GUESSES):
            assert attempt(wrong).status_code == 400
        for data in (wrong, right):
            late = attempt(data)
            assert (late.status_code, late.text) == (429, WAIT)
            assert late.headers["Retry-After"] == "60"
        assert httpx.post(f"{page.local_url}login/", data=wrong).status_code == 429
        shown = httpx.get(page.local_url).text
        assert WAIT in shown
        assert "secret" not in shown
        answers = [
            attempt(wrong, **{"X-Forwarded-For": f"10.0.0.{n}"}).status_code
            for n in range(ALL_GUESSES)
        ]
        assert answers.count(400) == ALL_GUESSES - GUESSES
        assert answers[-1] == 429


def test_the_door_opens_in_a_browser_and_says_that_it_counts(
    models: Path, tmp_path: Path, browser: Browser
) -> None:
    folder = only(models, tmp_path / "a", "vae")
    with running(folder, login=("guest", "secret")) as served:
        page = browser.new_page()
        said: list[str] = []
        page.on("console", lambda message: said.append(message.text))
        page.goto(served.local_url)
        expect(page.get_by_text(WAIT)).to_be_visible()
        for password, words in (("guess", "Incorrect Credentials"), ("secret", "Sampling")):
            page.get_by_label("username").fill("guest")
            page.get_by_label("password").fill(password)
            page.get_by_role("button", name="Login").click()
            expect(page.get_by_text(words).first).to_be_visible()
        page.close()
        assert not [words for words in said if "Content Security Policy" in words]


def test_guesses_are_forgotten_after_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(guard, "monotonic", lambda: now)
    guesses = Guesses()
    assert [guesses.admit("a") for _ in range(GUESSES + 1)] == [True] * GUESSES + [False]
    assert guesses.admit("b")
    guesses.forgive("a")
    assert [guesses.admit("a") for _ in range(2)] == [True, False]
    now = MINUTE
    assert guesses.admit("a")


@pytest.mark.parametrize(
    ("options", "warns"),
    [({"host": "127.0.0.1"}, False), ({"host": "0.0.0.0"}, True), ({"host": "box.lan"}, True),
     ({"share": True}, True), ({"host": "0.0.0.0", "user": "a", "password": "b"}, False)],
)  # fmt: skip
def test_an_open_address_without_a_password_is_warned_of(
    options: dict[str, Any],
    warns: bool,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise OSError("taken")

    monkeypatch.setattr(app, "running", stopped)
    given = {"host": "127.0.0.1", "port": 7860, "share": False, **options}
    with pytest.raises(UserError, match="taken"):
        app.serve(tmp_path, **given)
    assert ("--password" in capsys.readouterr().err) == warns


# Headers


@pytest.mark.parametrize("path", [*PATHS, "gradio_api/file=http://x", "nothing"])
def test_each_answer_has_the_headers(http: httpx.Client, path: str) -> None:
    for host in ("localhost", "evil.example"):
        with http.stream("GET", path, headers={"Host": host}) as answer:
            assert {name: answer.headers.get(name) for name in HEADERS} == HEADERS
    policy = HEADERS["Content-Security-Policy"]
    assert "http" not in policy  # nothing from elsewhere
    assert "frame-ancestors 'none'" in policy
