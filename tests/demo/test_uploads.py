"""Files that visitors hand in: only uploaded ones, and in bounded memory."""

import json
import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import gradio as gr
import httpx
import numpy as np
import pytest
import soundfile
import tiny
from PIL import Image
from visiting import Served

from demo.uploads import (
    KEPT_PIXELS,
    MOST_PIXELS,
    MOST_SECONDS,
    MOST_VALUES,
    MOST_WHOLE_PIXELS,
    NOT_UPLOADED,
    TooLargeError,
    read_recording,
    read_upload,
)
from demo.words import said

Payload = dict[str, Any]


class Program:
    """A visitor without a browser, who sends what a browser would not."""

    def __init__(self, served: Served) -> None:
        self.http = httpx.Client(base_url=f"{served.url}gradio_api/", timeout=30)
        self.config: dict[str, Any] = self.http.get(f"{served.url}config").json()
        self.api: dict[str, Any] = self.http.get("info").json()
        self.components = {part["id"]: part for part in self.config["components"]}

    def upload(self, path: Path) -> str:
        with path.open("rb") as file:
            uploaded = self.http.post("upload", files={"files": (path.name, file)})
        found: str = uploaded.json()[0]
        return found

    def call(self, number: int, inputs: list[Any]) -> dict[str, Any]:
        """Return the answer of the page's function ``number``."""
        session = uuid.uuid4().hex
        body = {"data": inputs, "fn_index": number, "session_hash": session}
        assert self.http.post("queue/join", json=body).is_success
        with self.http.stream("GET", "queue/data", params={"session_hash": session}) as lines:
            for line in lines.iter_lines():
                message = json.loads(line.removeprefix("data: ") or "{}")
                if message.get("msg") == "process_completed":
                    output: dict[str, Any] = message["output"]
                    return output
        raise AssertionError("no answer")

    def takes_file(self, component: int) -> bool:
        info = self.components[component].get("api_info_as_input")  # what a session keeps has none
        return '"path"' in json.dumps(info)


@pytest.fixture(scope="module")
def program(served: Served) -> Iterator[Program]:
    program = Program(served)
    yield program
    program.http.close()


@pytest.fixture
def secrets(served: Served, tmp_path: Path) -> Iterator[dict[str, str]]:
    """Paths that no visitor may have read, by what they are."""
    tiny.write_picture(tmp_path / "private.png", 1, 40, 40)
    tiny.write_sound(tmp_path / "private.wav", 1, 0.8)
    inside = served.files / uuid.uuid4().hex
    inside.mkdir()
    (inside / "link.png").symlink_to(tmp_path / "private.png")
    os.mkfifo(inside / "pipe.png")
    os.mkfifo(tmp_path / "pipe.wav")
    yield {
        "a picture elsewhere": str(tmp_path / "private.png"),
        "a sound elsewhere": str(tmp_path / "private.wav"),
        "a way out": str(inside / ".." / ".." / tmp_path.relative_to("/") / "private.png"),
        "a link to elsewhere": str(inside / "link.png"),
        "a link's way around": f"{inside}/../../{'../' * 20}{tmp_path}/private.png",
        "a pipe": str(inside / "pipe.png"),
        "a pipe elsewhere": str(tmp_path / "pipe.wav"),
        "a folder": str(inside),
        "nothing": str(tmp_path / "none.png"),
        "nothing inside": str(inside / "none.png"),
        "a relative path": "README.md",
        "an address": "http://127.0.0.1:9/private.png",
        "an address of a file": f"file://{tmp_path}/private.png",
        "no name at all": "",
        "no possible name": "a\0b",
        "a name too long": "x" * 5000,
    }
    shutil.rmtree(inside)


def test_no_endpoint_reads_what_was_not_uploaded(
    program: Program, secrets: dict[str, str], tmp_path: Path
) -> None:
    own = {
        "image": program.upload(Path(secrets["a picture elsewhere"])),
        "audio": program.upload(Path(secrets["a sound elsewhere"])),
    }
    tested = set()
    for dependency in program.config["dependencies"]:
        parts = [program.components[number] for number in dependency["inputs"]]
        files = [n for n, part in enumerate(parts) if program.takes_file(part["id"])]
        if not files or not dependency["backend_fn"]:
            continue
        good = [part["props"].get("value") for part in parts]
        for place in files:
            good[place] = file_data(own[parts[place]["type"]])
        for place in files:
            for what, path in secrets.items():
                for meta in (False, True):
                    bad = [*good[:place], file_data(path, meta), *good[place + 1 :]]
                    output = program.call(dependency["id"], bad)
                    where = f"{dependency['api_name']}, input {place}: {what}, meta: {meta}"
                    assert output.get("error") == NOT_UPLOADED, where
                    assert "data" not in output, where
            tested.add(dependency["api_name"])
    named = {
        name.removeprefix("/")
        for name, endpoint in program.api["named_endpoints"].items()
        if any('"path"' in json.dumps(part["type"]) for part in endpoint["parameters"])
    }
    assert named >= {"translate_picture", "convert_voice", "explore", "reconstruct"}
    assert tested >= named


def file_data(path: str, meta: bool = True) -> Payload:
    """Describe an uploaded file as a browser sends it, or as a program might."""
    return {"path": path, **({"meta": {"_type": "gradio.FileData"}} if meta else {})}


def test_messages_do_not_say_where_files_lie(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="No such file") as raised:
        read_upload(str(tmp_path / "gone.png"))
    assert str(said(str(raised.value)).message).endswith("No such file or directory: 'gone.png'.")
    for message in ("`cyclegan/zebra` is none of 1/2, a/b/c", "wav/flac, see https://x.org/y/z"):
        assert said(message).message == message
    assert said("no /home/me/x y.png, /etc/passwd").message == "no x y.png, passwd"


# Memory


MEGABYTE = 2**20
LINUX = pytest.mark.skipif(
    not os.access("/proc/self/clear_refs", os.W_OK), reason="needs Linux's /proc"
)


@contextmanager
def taking(most: int) -> Iterator[None]:
    """Ask that the block holds at most so many megabytes at once beyond what is held before."""
    before = resident("VmRSS")
    Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
    yield
    taken = resident("VmHWM") - before
    print(f"{taken:.0f} MB")
    assert taken <= most


def resident(which: str) -> float:
    lines = Path("/proc/self/status").read_text().splitlines()
    (found,) = (line.split()[1] for line in lines if line.startswith(which))
    return int(found) * 1024 / MEGABYTE


@pytest.fixture
def quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody is on the page to be told that a picture was reduced."""
    monkeypatch.setattr(gr, "Info", lambda words: None)


def test_a_model_that_is_asked_often_answers_once(program: Program, tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "in.png", 1, 33, 57)
    picture = file_data(program.upload(tmp_path / "in.png"))
    for name, model in (("compare_pictures", "cut/zebra"), ("reconstruct", "vae")):
        (number,) = (d["id"] for d in program.config["dependencies"] if d["api_name"] == name)
        once, often = (program.call(number, [picture, [model] * n])["data"][0] for n in (1, 50))
        assert len(once) == len(often)


@LINUX
@pytest.mark.parametrize(
    ("name", "channels", "rate", "seconds", "taken", "most"),
    [
        ("x.flac", 8, 655_350, MOST_SECONDS, False, 10),
        ("x.flac", 8, 48_000, MOST_VALUES // (8 * 48_000), True, 300),
        ("x.wav", 1, 200_000, MOST_SECONDS, True, 300),
        ("x.flac", 1, 1000, MOST_SECONDS, True, 50),
    ],
)
def test_a_recording_takes_bounded_memory(
    name: str, channels: int, rate: int, seconds: int, taken: bool, most: int, tmp_path: Path
) -> None:
    kind = {"subtype": "PCM_16"}
    with soundfile.SoundFile(tmp_path / name, "w", rate, channels, **kind) as file:
        for _ in range(seconds):
            file.write(np.zeros((rate, channels), np.int16))
    tiny.write_sound(tmp_path / "small.wav", 1, 0.8)
    read_recording(str(tmp_path / "small.wav"), 8000, 64)  # imports what it needs
    refused = pytest.raises(TooLargeError, match="8 channels of 655350 values")
    with taking(most), nullcontext() if taken else refused:
        read_recording(str(tmp_path / name), 8000, 64)


@LINUX
@pytest.mark.usefixtures("quiet")
@pytest.mark.parametrize(
    ("ending", "mode", "pixels", "taken", "most"),
    [
        ("webp", "RGB", MOST_PIXELS, False, 10),
        ("webp", "RGBA", MOST_WHOLE_PIXELS, True, 400),
        ("png", "RGBA", MOST_WHOLE_PIXELS, True, 400),
        ("png", "P", MOST_WHOLE_PIXELS, True, 400),
        ("tif", "I;16", MOST_WHOLE_PIXELS, True, 400),
        ("jpg", "RGB", MOST_PIXELS, True, 400),
        ("mpo", "RGB", MOST_PIXELS, True, 400),
        ("gif", "P", MOST_PIXELS, False, 10),
    ],
)
def test_a_picture_takes_bounded_memory(
    ending: str, mode: str, pixels: int, taken: bool, most: int, tmp_path: Path
) -> None:
    side = int(pixels**0.5)
    options: dict[str, Any] = {
        "jpg": {"progressive": True, "subsampling": 0},
        "mpo": {"save_all": True, "append_images": [Image.new("RGB", (160, 160))]},
    }.get(ending, {})
    Image.new(mode, (side, side)).save(tmp_path / f"x.{ending}", **options)
    with taking(most), nullcontext() if taken else pytest.raises(TooLargeError, match="too large"):
        picture = read_upload(str(tmp_path / f"x.{ending}"))
        assert 0.99 * KEPT_PIXELS < picture.shape[0] * picture.shape[1] <= KEPT_PIXELS
