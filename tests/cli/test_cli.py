"""The command line: what it makes, what it keeps, and how it refuses."""

import dataclasses
import os
import re
import subprocess
import sys
from pathlib import Path

import exported
import numpy as np
import pytest
import soundfile
import tiny
import torch
from click.testing import Result
from PIL import Image
from typer.testing import CliRunner
from voices import glide, voice

from pipeline.cli import app
from pipeline.cli.commands.sound import PitchMeter, in_hertz
from pipeline.codecs.pitch import Pitch, f0_track
from pipeline.codecs.sound_files import read_mono
from pipeline.inference.conversion import CHUNK, convert_blocks, convert_wave
from pipeline.inference.finished import as_translator, load, outline
from pipeline.inference.pictures import translate_picture
from pipeline.inference.translation import translate_any_size
from pipeline.options import SAMPLING_OPTIONS
from pipeline.system.hardware import choose_precision, device


@pytest.fixture(scope="module")
def models(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return exported.export_all(tmp_path_factory.mktemp("data") / "models")


def call(*arguments: object) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def run(*arguments: object) -> Result:
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result


def refused(*arguments: object) -> str:
    """The one message of a command that must fail."""
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert isinstance(result.exception, SystemExit), result.exception
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.output
    return result.stderr


def write_wave(path: Path, seconds: float, rate: int = 8000, channels: int = 2) -> float:
    """Noise whose halves differ in loudness by 20 dB; its root mean square after the mix-down."""
    path.parent.mkdir(parents=True, exist_ok=True)
    length = int(seconds * rate)
    wave = np.random.default_rng(0).standard_normal((length, channels)) * 0.1
    # Below half the rate, so that resampling takes no loudness away.
    wave = np.apply_along_axis(lambda x: np.convolve(x, np.ones(8) / 8, "same"), 0, wave)
    wave[length // 2 :] *= 0.1
    soundfile.write(path, wave, rate)
    return float(np.sqrt(np.mean(wave.mean(axis=1) ** 2)))


# Help


def test_a_style_is_taken_from_a_picture(models, tmp_path):
    for seed, name in enumerate(("map", "dusk", "noon")):
        tiny.write_picture(tmp_path / f"{name}.png", seed, 24, 40)
    results = []
    for style in ("dusk", "noon", None):
        chosen = [] if style is None else ["--style", tmp_path / f"{style}.png"]
        out = tmp_path / f"out_{style}.png"
        run("translate", "spade", tmp_path / "map.png", "-o", out, "--models", models, *chosen)
        results.append(np.asarray(Image.open(out)))
    assert all(result.shape == (24, 40, 3) for result in results)
    assert (results[0] != results[1]).any()
    assert (results[0] != results[2]).any()


@pytest.mark.parametrize(
    ("model", "style", "words"),
    [
        ("cyclegan", "good.png", "'cyclegan' can't take a style"),
        ("spade", "small.png", "are smaller than the size asked for"),
        ("spade", "text.png", "not a picture"),
    ],
)
def test_what_is_no_style_is_refused(models, tmp_path, model, style, words):
    tiny.write_picture(tmp_path / "good.png", 1)
    tiny.write_picture(tmp_path / "small.png", 1, tiny.SIDE - 1, tiny.SIDE)
    (tmp_path / "text.png").write_text("no picture")
    arguments = ("translate", model, tmp_path / "good.png", "-o", tmp_path / "out.png")
    assert words in refused(*arguments, "--models", models, "--style", tmp_path / style)
    assert not (tmp_path / "out.png").exists()


HEAVY = ("torch", "numpy", "gradio", "soundfile", "PIL")


@pytest.mark.parametrize(
    ("code", "heavy"),
    [
        ("import pipeline.capabilities", (*HEAVY, "pydantic")),
        (
            "from pipeline.cli import app; app(['--help'], standalone_mode=False)",
            (*HEAVY, "pydantic"),
        ),
        ("from pipeline.cli import app; app(['fetch', '--list'], standalone_mode=False)", HEAVY),
        # Of numbers with bounds typer asks pydantic.
        ("from pipeline.cli import app; app(['sample', '--help'], standalone_mode=False)", HEAVY),
    ],
)
def test_help_and_lists_of_names_load_nothing_heavy(code: str, heavy: tuple[str, ...]) -> None:
    code = f"import sys; {code}; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ("sample" in done.stdout) == ("--help" in code)
    assert ("horse2zebra" in done.stdout) == ("--list" in code)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_flags_of_sampling_are_the_options_of_samplers() -> None:
    said = " ".join(run("sample", "--help").output.split())
    for option in SAMPLING_OPTIONS:
        assert f"--{option.name.replace('_', '-')} " in said
        assert option.help in said


COMMANDS = [
    "models",
    "translate",
    "sample",
    "score",
    "evaluate",
    "compare",
    "fetch",
    "import",
    "export",
    "doctor",
    "demo",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_explains_itself_with_examples(command: str) -> None:
    text = run(command, "--help").output
    assert "Examples:" in text
    assert f"  crossdomain {command}" in text


def test_the_doctor_says_what_there_is_and_what_will_be_used() -> None:
    lines = run("doctor").output.splitlines()
    facts = {line[:20].strip(): line[20:] for line in lines if line.startswith("  ")}
    assert facts["device"] == str(device())
    assert facts["precision"].startswith(choose_precision("auto"))
    assert facts["torch"] == torch.__version__.split("+")[0]
    assert facts["cores"] == str(os.cpu_count())


# Models


def test_models_are_listed_with_what_they_can_do(models: Path) -> None:
    lines = run("models", "--models", models).output.splitlines()
    assert [line.split()[0] for line in lines[1:]] == sorted(p.name for p in models.iterdir())
    cyclegan = next(line for line in lines if line.startswith("cyclegan"))
    assert cyclegan.endswith("translate horse -> zebra, zebra -> horse")
    assert f"{tiny.count_parameters(load(models / 'vae').model):,}" in str(lines)


def test_a_model_that_cant_be_loaded_is_listed_with_the_reason(tmp_path: Path) -> None:
    (tmp_path / "old").mkdir()
    (tmp_path / "old/params.json").write_text("{}")
    assert "can't be loaded by this version" in run("models", "--models", tmp_path).output


def test_no_models_and_unknown_models_are_said(models: Path, tmp_path: Path) -> None:
    assert "make repro" in refused("models", "--models", tmp_path)
    message = refused("sample", "vea", "--models", models)
    assert "'vea'" in message
    assert "vae" in message.replace("vea", "")


def test_an_outline_knows_the_abilities_without_weights(models: Path) -> None:
    for folder in models.iterdir():
        finished = outline(folder)
        assert finished.capabilities == load(folder).capabilities
        assert all(parameter.is_meta for parameter in finished.model.parameters())


# Pictures


@pytest.mark.parametrize("model", ["cyclegan", "pix2pix"])
@pytest.mark.parametrize("size", [(1, 1), (3, 50), (37, 101)])
def test_a_picture_of_any_size_keeps_it(
    models: Path, tmp_path: Path, model: str, size: tuple[int, int]
) -> None:
    tiny.write_picture(tmp_path / "in.png", 1, *size)
    run("translate", models / model, tmp_path / "in.png", "-o", tmp_path / "out.png")
    assert Image.open(tmp_path / "out.png").size == size[::-1]
    assert [f.name for f in sorted(tmp_path.iterdir())] == ["in.png", "out.png"]


def test_exif_orientation_is_respected(models: Path, tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "plain.png", 1, 30, 52)
    exif = Image.Exif()
    exif[0x0112] = 6  # turn a quarter clockwise to see it upright
    Image.open(tmp_path / "plain.png").save(tmp_path / "turned.jpg", exif=exif)
    run("translate", models / "cyclegan", tmp_path / "turned.jpg", "-o", tmp_path / "out.png")
    assert Image.open(tmp_path / "out.png").size == (30, 52)


def test_a_folder_keeps_its_shape_and_batches_change_nothing(models: Path, tmp_path: Path) -> None:
    tiny.write_pictures(tmp_path / "in/deep", 4)
    tiny.write_picture(tmp_path / "in/wide.jpg", 9, 20, 40)
    (tmp_path / "in/notes.txt").write_text("not a picture")
    run("translate", models / "cyclegan", tmp_path / "in", "-o", tmp_path / "all")
    alone = tmp_path / "alone.png"
    run("translate", models / "cyclegan", tmp_path / "in/deep/2.png", "-o", alone)
    assert sorted(tiny.tree(tmp_path / "all")) == [*(f"deep/{n}.png" for n in range(4)), "wide.jpg"]
    together = np.asarray(Image.open(tmp_path / "all/deep/2.png")).astype(int)
    assert np.abs(together - np.asarray(Image.open(alone))).max() <= 1


def test_the_direction_can_be_chosen(models: Path, tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "in.png", 1)
    for to in ("zebra", "horse"):
        out = tmp_path / f"{to}.png"
        run("translate", models / "cyclegan", tmp_path / "in.png", "-o", out, "--to", to)
    run("translate", models / "cyclegan", tmp_path / "in.png", "-o", tmp_path / "default.png")
    made = tiny.tree(tmp_path)
    assert made["default.png"] == made["zebra.png"] != made["horse.png"]


def test_dropout_at_inference_still_gives_equal_pictures(models: Path, tmp_path: Path) -> None:
    finished = load(models / "pix2pix")
    vars(finished.model)["mode"] = "train"
    pictures = np.random.default_rng(0).integers(0, 256, (2, 24, 24, 3), dtype=np.uint8)
    before = torch.get_rng_state()
    first, _, again = (translate_picture(finished, pictures[i], "scene") for i in (0, 1, 0))
    np.testing.assert_array_equal(first, again)
    assert torch.equal(before, torch.get_rng_state())


def test_sizes_that_fit_the_network_are_not_padded(models: Path) -> None:
    model = as_translator(load(models / "cyclegan"))
    x = torch.randn(1, 3, 16, 24)
    torch.testing.assert_close(translate_any_size(model, x, "zebra"), model.translate(x, "zebra"))


# Sound


@pytest.mark.parametrize(("seconds", "name"), [(0.7, "in.wav"), (2 * CHUNK + 3.21, "in.flac")])
def test_stereo_of_another_rate_keeps_length_and_loudness(
    models: Path, tmp_path: Path, seconds: float, name: str
) -> None:
    level = write_wave(tmp_path / name, seconds, rate=11_025)
    run("translate", models / "voice_cyclegan", tmp_path / name, "-o", tmp_path / "out.wav")
    out, rate = soundfile.read(tmp_path / "out.wav", always_2d=True)
    assert (rate, out.shape) == (11_025, (int(11_025 * seconds), 1))
    assert abs(20 * np.log10(np.sqrt(np.mean(out**2)) / level)) < 1


def test_quiet_stays_quiet_where_loud_is_far(models: Path) -> None:
    finished = load(models / "voice_cyclegan")
    wave = np.random.default_rng(0).standard_normal(8000 * 30).astype(np.float32) * 0.1
    wave[8000 * 15 :] *= 0.01
    converted = convert_wave(finished, wave, "beatrice")
    assert len(converted) == len(wave)
    assert converted[-8000:].std() / wave[-8000:].std() == pytest.approx(1, rel=0.2)


def test_models_of_levelled_clips_hear_every_loudness_alike(models: Path) -> None:
    finished = load(models / "voice_cyclegan")
    codec = finished.codec.model_copy(update={"level": -23.0})
    levelled = dataclasses.replace(finished, codec=codec)
    wave = np.random.default_rng(0).standard_normal(8000).astype(np.float32) * 0.05
    loud, quiet = (convert_wave(levelled, gain * wave, "beatrice") for gain in (2.0, 0.5))
    gap = np.abs(loud - 4 * quiet).max()
    assert gap < 1e-5
    bare = [convert_wave(finished, gain * wave, "beatrice") for gain in (2.0, 0.5)]
    assert np.abs(bare[0] - 4 * bare[1]).max() > 10 * gap
    assert not np.any(convert_wave(levelled, np.zeros(8000, np.float32), "beatrice"))


@pytest.mark.parametrize("samples", [1, 60, 700])
def test_the_shortest_sounds_keep_their_length(models: Path, samples: int) -> None:
    wave = np.linspace(-0.5, 0.5, samples, dtype=np.float32)
    assert convert_wave(load(models / "voice_cyclegan"), wave, "arthur").shape == (samples,)


def test_loud_results_are_made_quieter_with_a_warning(models: Path, tmp_path: Path) -> None:
    noise = np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    for name, gain in (("loud", 3.0), ("quiet", 0.01)):
        soundfile.write(tmp_path / f"{name}.wav", gain * noise, 8000, subtype="FLOAT")
        result = run(
            *("translate", models / "voice_cyclegan", tmp_path / f"{name}.wav"),
            *("-o", tmp_path / f"out_{name}.wav"),
        )
        found, _ = soundfile.read(tmp_path / f"out_{name}.wav")
        beyond = np.count_nonzero(np.abs(found) > 0.9901)
        assert beyond == 0
        said = re.search(r"warning: .*loud\.wav: .*made ([\d.]+) dB quieter", result.stderr)
        assert (said is not None) == (name == "loud")
    assert np.std(found) == pytest.approx(0.01, rel=0.1)


def test_an_offset_does_not_make_the_voice_quiet(models: Path, tmp_path: Path) -> None:
    noise = 0.05 * np.random.default_rng(0).standard_normal(16_000).astype(np.float32)
    levels = []
    for name, offset in (("plain", 0.0), ("offset", 0.3)):
        soundfile.write(tmp_path / f"{name}.wav", noise + offset, 8000, subtype="FLOAT")
        out = tmp_path / f"out_{name}.wav"
        run("translate", models / "voice_cyclegan", tmp_path / f"{name}.wav", "-o", out)
        levels.append(np.std(soundfile.read(out)[0]))
    assert levels == pytest.approx([0.05, 0.05], rel=0.1)


def test_a_folder_of_sounds(models: Path, tmp_path: Path) -> None:
    for name in ("a.wav", "b/c.flac", "d.ogg", "e.mp3"):
        write_wave(tmp_path / "in" / name, 0.5)
    run("translate", models / "voice_cyclegan", tmp_path / "in", "-o", tmp_path / "out")
    assert sorted(tiny.tree(tmp_path / "out")) == ["a.wav", "b/c.flac", "d.ogg", "e.mp3"]


def test_pitch_is_said_before_and_after(models: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    hertz = glide(120, 180, 2 * CHUNK + 3, 8000)  # several blocks
    soundfile.write(tmp_path / "in/long.wav", voice(hertz, 8000).numpy(), 8000)
    soundfile.write(tmp_path / "in/mute.wav", np.zeros(8000), 8000)
    (tmp_path / "in/z.wav").write_bytes(b"nonsense")
    arguments = ("translate", models / "voice_cyclegan", tmp_path / "in", "-o", tmp_path / "out")
    result = call(*arguments, "--show-pitch")
    assert result.exit_code == 1
    long, mute, written = result.stdout.splitlines()
    assert written == f"2 file(s) translated to beatrice by voice_cyclegan: {tmp_path / 'out'}"
    said = re.fullmatch(r".*in/long\.wav: mean F0 ([\d.]+) Hz before, (.*) after", long)
    assert float(said.group(1)) == pytest.approx(np.sqrt(120 * 180), rel=0.01)
    meter = PitchMeter(tiny.CONVENTION)
    blocks = read_mono(tmp_path / "in/long.wav").blocks
    made = convert_blocks(load(models / "voice_cyclegan"), blocks, "beatrice")
    assert sum(map(len, meter.through(made))) == soundfile.info(tmp_path / "out/long.wav").frames
    assert said.group(2) == in_hertz(meter.hertz)
    assert mute.endswith("in/mute.wav: mean F0 no voice before, no voice after")
    assert call(*arguments).stdout == f"{written}\n"


@pytest.mark.parametrize("length", [1000, 8000, 100_000])
def test_pitch_is_the_same_in_blocks(length: int) -> None:
    wave = voice(glide(120, 180, 5, 8000), 8000).numpy()
    meter = PitchMeter(tiny.CONVENTION)
    blocks = [wave[first : first + length] for first in range(0, len(wave), length)]
    blocks.append(np.zeros(0, np.float32))  # as a resampler may give at the end
    np.testing.assert_array_equal(np.concatenate(list(meter.through(blocks))), wave)
    whole = Pitch.of([f0_track(torch.from_numpy(wave), tiny.CONVENTION)])
    assert meter.hertz == pytest.approx(whole.hertz, rel=0.005)


def test_pictures_have_no_pitch(models: Path, tmp_path: Path) -> None:
    tiny.write_picture(tmp_path / "in.png", 1)
    out = tmp_path / "out.png"
    message = refused(
        "translate", models / "cyclegan", tmp_path / "in.png", "-o", out, "--show-pitch"
    )
    assert "can't translate sound" in message
    assert not out.exists()


@pytest.mark.parametrize("name", ["results_v1.0", "2026.11.27", "final.run"])
def test_a_name_with_dots_that_is_no_format_is_a_folder(
    models: Path, tmp_path: Path, name: str
) -> None:
    tiny.write_picture(tmp_path / "in.png", 1)
    write_wave(tmp_path / "in.wav", 0.2)
    out = tmp_path / name
    run("translate", models / "cyclegan", tmp_path / "in.png", "-o", out)
    run("translate", models / "voice_cyclegan", tmp_path / "in.wav", "-o", out)
    assert sorted(tiny.tree(out)) == ["in.png", "in.wav"]
    run("sample", models / "vae", "-n", 2, "-o", tmp_path / f"sampled_{name}")
    assert sorted(tiny.tree(tmp_path / f"sampled_{name}")) == ["0000.png", "0001.png"]


def test_what_is_passed_over_is_said(models: Path, tmp_path: Path) -> None:
    for name in ("a.png", "b.jfif", ".thumbnails/t.png", "c/.hidden.png", "@eaDir/a.png"):
        (tmp_path / "in" / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (16, 16)).save(tmp_path / "in" / name)
    (tmp_path / "in/photo.HEIC").touch()
    result = run("translate", models / "cyclegan", tmp_path / "in", "-o", tmp_path / "out")
    assert sorted(tiny.tree(tmp_path / "out")) == ["a.png", "b.jfif"]
    said = [line for line in result.stderr.splitlines() if line.startswith("passed over")]
    assert said == [
        f"passed over in {tmp_path}/in: 1 .heic files: save them as PNG or JPEG to have them read",
        f"passed over in {tmp_path}/in: 2 hidden, system or linked folders: .thumbnails, @eaDir",
        f"passed over in {tmp_path}/in: 1 hidden or system files: .hidden.png",
    ]


# Refusals


@pytest.mark.parametrize(
    ("model", "name", "reason"),
    [
        ("cyclegan", "bad.png", "not a picture"),
        ("voice_cyclegan", "bad.wav", "not a sound"),
    ],
)
def test_bad_files_are_named_after_the_good_are_done(
    models: Path, tmp_path: Path, model: str, name: str, reason: str
) -> None:
    tiny.write_picture(tmp_path / "in/good.png", 1)
    write_wave(tmp_path / "in/good.wav", 0.5)
    (tmp_path / "in" / name).write_bytes(b"nonsense")
    message = refused("translate", models / model, tmp_path / "in", "-o", tmp_path / "out")
    assert "1 of 2 file(s)" in message
    assert name in message
    assert reason in message
    assert list(tiny.tree(tmp_path / "out")) == [f"good.{name[-3:]}"]


def test_an_empty_sound_is_refused(models: Path, tmp_path: Path) -> None:
    soundfile.write(tmp_path / "in.wav", np.zeros(0), 8000)
    out = tmp_path / "out.wav"
    message = refused("translate", models / "voice_cyclegan", tmp_path / "in.wav", "-o", out)
    assert "no samples" in message
    assert not out.exists()


def test_what_cant_be_done_is_refused_before_anything_is_written(
    models: Path, tmp_path: Path
) -> None:
    picture, out = tmp_path / "in.png", tmp_path / "out"
    tiny.write_picture(picture, 1)
    tiny.write_picture(tmp_path / "a/in.png", 1)
    (tmp_path / "empty").mkdir()
    (tmp_path / "a.png").mkdir()
    notes = tmp_path / "notes"
    notes.write_text("in the way")
    before = tiny.tree(tmp_path)
    model, png = models / "cyclegan", tmp_path / "out.png"
    cases = {
        ("translate", model, picture, "-o", out, "--to", "cow"): "zebra and horse",
        ("translate", models / "vae", picture, "-o", out): "can't translate; it can: sample",
        ("translate", model, tmp_path / "none.png", "-o", out): "no such file",
        ("translate", model, tmp_path / "none.png", "-o", tmp_path / "out.png"): "no such file",
        ("translate", model, picture, tmp_path / "a", "-o", picture): "in.png is a file: name a",
        ("translate", model, tmp_path / "empty", "-o", out): "holds no pictures",
        ("translate", model, picture, "-o", tmp_path / "out.wav"): "allowed: .jpg",
        ("translate", model, picture, "-o", picture): "replace an input",
        ("translate", model, tmp_path, "-o", tmp_path): "replace an input",
        ("translate", model, picture, tmp_path / "a", "-o", out): "would both become",
        ("translate", model, tmp_path / "a", "-o", tmp_path / "all.png"): "need a folder",
        ("sample", model, "-o", tmp_path / "out.png"): "can't sample",
        ("sample", models / "vae", "-o", tmp_path / "out.txt"): "can't write",
        ("sample", models / "vae", "-o", notes): f"expected a folder at {notes}, found a file",
        ("sample", models / "vae", "-o", notes / "a.png"): f"expected a folder at {notes}, found a",
        ("sample", models / "vae", "-o", tmp_path / "a.png"): "a.png, found one: choose another",
        ("sample", models / "vae", "-o", png, "--vocoder", models / "hifigan"): "samples pictures",
        (
            "sample",
            models / "vae",
            "--class",
            "7",
            "-o",
            png,
        ): "can't sample a class: it was trained without",
        ("sample", models / "vae", "--top-k", "7", "-o", png): "no top_k; it takes: truncation",
        ("sample", models / "code_prior", "--class", "x", "-o", png): "it knows: 0, 1, 2, 3",
    }
    for arguments, reason in cases.items():
        assert reason in refused(*arguments)
    assert tiny.tree(tmp_path) == before


def test_whole_numbers_are_asked_of_options_that_are_whole(models: Path, tmp_path: Path) -> None:
    arguments = ("sample", models / "code_prior", "-o", tmp_path / "out.png")
    result = call(*arguments, "--top-k", "1.5")
    assert result.exit_code == 2
    assert "'--top-k': Input should be a valid integer" in result.stderr
    assert [option.name for option in SAMPLING_OPTIONS if option.whole] == ["top_k", "noise"]
    assert not (tmp_path / "out.png").exists()


def test_a_model_in_this_folder_has_its_own_name(
    models: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(models / "vae")
    for folder in (".", "../vae/.", "../vae"):
        assert run("sample", folder, "-o", tmp_path / "out.png").output.startswith(
            "16 sample(s) of vae: "
        )


# Samples


@pytest.mark.parametrize("model", ["vae", "dcgan", "code_prior"])
def test_samples_repeat_by_seed(models: Path, tmp_path: Path, model: str) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        out = tmp_path / f"made/{name}.png"
        run("sample", model, "-n", 7, "--seed", seed, "-o", out, "--models", models)
    made = tiny.tree(tmp_path / "made")
    assert made["a.png"] == made["b.png"] != made["c.png"]


def test_codes_are_drawn_as_they_are_asked_for(models: Path, tmp_path: Path) -> None:
    asked = {
        "plain": (),
        "seven": ("--class", "7"),
        "warm": ("--class", "7", "--temperature", "2"),
        "one": ("--class", "7", "--top-k", "1"),
        "likeliest": ("--class", "7", "--top-p", "0.05"),
        "cold": ("--class", "7", "--top-k", "1", "--temperature", "0.1"),
    }
    for name, options in asked.items():
        out = tmp_path / f"{name}.png"
        run("sample", "code_prior", "-n", 4, *options, "-o", out, "--models", models)
    made = tiny.tree(tmp_path)
    assert len({made[f"{name}.png"] for name in ("plain", "seven", "warm", "one")}) == 4
    assert made["one.png"] == made["likeliest.png"] == made["cold.png"]


# The command itself


def test_the_version_names_the_commit():
    said = call("--version").stdout
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=tiny.ROOT, capture_output=True, text=True
    ).stdout.strip()
    assert said.startswith("crossdomain 0.1.0")
    assert f"(commit {commit}" in said if commit else "commit" not in said


def test_debug_shows_the_traceback_of_an_error_in_words(tmp_path, monkeypatch):
    monkeypatch.setenv("CROSSDOMAIN_DEBUG", "")
    arguments = ("sample", "nobody", "--models", tmp_path)
    plain, debugged = call(*arguments), call("--debug", *arguments)
    for result in (plain, debugged):
        assert result.exit_code == 1
        assert "error: no finished model 'nobody'" in result.stderr
    assert "Traceback" not in plain.stderr
    assert "Traceback" in debugged.stderr
    assert "find_model" in debugged.stderr


def test_translate_says_what_it_wrote(models, tmp_path):
    tiny.write_picture(tmp_path / "a.png", 1, 32, 32)
    result = call("translate", models / "cyclegan", tmp_path / "a.png", "-o", tmp_path / "out.png")
    expected = f"1 file(s) translated to zebra by cyclegan: {tmp_path / 'out.png'}\n"
    assert result.stdout == expected
