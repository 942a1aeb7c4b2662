"""Files that end before they should: refused in every format alike, for the true reason."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
from PIL import Image

from pipeline.codecs.image import read_picture
from pipeline.codecs.mel import read_wave

CUTS = (0.02, 0.1, 0.5, 0.9)  # shares of the file that are gone


def cut(path: Path, gone: int) -> None:
    path.write_bytes(path.read_bytes()[:-gone])


@pytest.mark.parametrize("share", [0.0, *CUTS])
@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("x.jpg", {}),
        ("x.jpg", {"progressive": True}),
        ("x.png", {}),
        ("x.webp", {}),
        ("x.webp", {"lossless": True}),
        ("x.tif", {}),
        ("x.tif", {"compression": "tiff_lzw"}),
        ("x.tif", {"compression": "tiff_adobe_deflate"}),
        ("x.bmp", {}),
    ],
)
def test_pictures(tmp_path, name, options, share):
    rng = np.random.default_rng(0)
    Image.fromarray(rng.integers(0, 256, (60, 60, 3), dtype=np.uint8)).save(
        tmp_path / name, **options
    )
    assert read_picture(tmp_path / name).shape == (60, 60, 3)
    size = (tmp_path / name).stat().st_size
    cut(tmp_path / name, max(2, round(share * size)))  # two bytes: all pixels may still be there
    with pytest.raises(ValueError, match=r"damaged picture: .*(cut off|[Tt]runcated)"):
        read_picture(tmp_path / name)


@pytest.mark.parametrize("share", CUTS)
@pytest.mark.parametrize(
    ("name", "subtype"),
    [
        ("x.wav", "PCM_16"),
        ("x.wav", "FLOAT"),
        ("x.wav", "ULAW"),
        ("x.flac", "PCM_16"),
        ("x.ogg", "VORBIS"),
        ("x.mp3", None),
    ],
)
@pytest.mark.parametrize("channels", [1, 2])
def test_sounds(tmp_path, name, subtype, share, channels):
    wave = 0.3 * np.sin(2 * np.pi * 300 * np.arange(10 * 22_050) / 22_050)
    noise = 0.01 * np.random.default_rng(0).standard_normal((len(wave), channels))
    soundfile.write(tmp_path / name, wave[:, None] + noise, 22_050, subtype=subtype)
    assert len(read_wave(tmp_path / name, 22_050)) == len(wave)
    cut(tmp_path / name, round(share * (tmp_path / name).stat().st_size))
    with pytest.raises(ValueError, match="cut off"):
        read_wave(tmp_path / name, 22_050)


@pytest.mark.parametrize("length", [0xFFFF_FFFF, 0x7FFF_FFFF, 0x7FFF_F000])
def test_a_wav_that_was_written_to_a_pipe_is_whole(tmp_path, length):
    soundfile.write(tmp_path / "x.wav", np.full(800, 0.1), 8000)
    content = bytearray((tmp_path / "x.wav").read_bytes())
    at = content.index(b"data") + 4
    content[at : at + 4] = length.to_bytes(4, "little")
    (tmp_path / "x.wav").write_bytes(content)
    assert len(read_wave(tmp_path / "x.wav", 8000)) == 800


def test_what_follows_a_png_is_no_damage(tmp_path):
    Image.new("RGB", (8, 8)).save(tmp_path / "x.png")
    with (tmp_path / "x.png").open("ab") as file:
        file.write(bytes(300_000))
    assert read_picture(tmp_path / "x.png").shape == (8, 8, 3)
