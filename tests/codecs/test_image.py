"""Pictures: files to arrays to samples and back."""

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.codecs import ImageCodec
from pipeline.codecs.image import fit_square, read_picture

CODEC = ImageCodec(size=16, channels={"a": 3, "b": 1})


def picture(height: int = 10, width: int = 14) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)


@pytest.mark.parametrize("domain", ["a", "b"])
def test_every_level_survives_the_round_trip(domain):
    channels = CODEC.channels[domain]
    levels = np.arange(256, dtype=np.uint8).reshape(1, 16, 16, 1).repeat(channels, axis=3)
    sample = CODEC.to_sample(torch.from_numpy(levels), domain)
    assert sample.shape == (1, channels, 16, 16)
    assert sample.dtype == torch.float32
    assert sample.min() == -1
    assert sample.max() == 1
    np.testing.assert_array_equal(CODEC.from_sample(sample, domain), levels)


def test_to_sample_leaves_what_it_reads_alone():
    levels = torch.full((1, 16, 16, 3), 7, dtype=torch.uint8)
    CODEC.to_sample(levels, "a")
    assert (levels == 7).all()


def test_values_beyond_the_range_are_clamped():
    sample = torch.tensor([-3.0, -1.0, 0.0, 1.0, 9.0]).reshape(1, 1, 1, 5)
    assert CODEC.from_sample(sample, "b").flatten().tolist() == [0, 0, 128, 255, 255]


def test_spec_says_channels_and_range():
    spec = CODEC.spec("b")
    assert (spec.channels, spec.height, spec.width, spec.bounded) == (1, 16, 16, True)


def test_plain_rgb_is_read_as_it_is(tmp_path):
    Image.fromarray(picture()).save(tmp_path / "x.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "x.png"), picture())


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [
        (2, lambda x: x[:, ::-1]),
        (3, lambda x: x[::-1, ::-1]),
        (6, lambda x: np.rot90(x, -1)),
        (8, np.rot90),
    ],
)
def test_exif_orientation_is_applied(tmp_path, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(picture()).save(tmp_path / "x.png", exif=exif)
    np.testing.assert_array_equal(read_picture(tmp_path / "x.png"), turn(picture()))


def test_grey_and_palette_become_rgb(tmp_path):
    grey = picture()[:, :, 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "grey.png"), np.stack([grey] * 3, axis=2))
    indexed = Image.fromarray(picture()).quantize(16)
    indexed.save(tmp_path / "palette.png")
    expected = np.asarray(indexed.convert("RGB"))
    np.testing.assert_array_equal(read_picture(tmp_path / "palette.png"), expected)
    Image.fromarray(grey > 127).save(tmp_path / "bits.png")
    assert set(np.unique(read_picture(tmp_path / "bits.png"))) == {0, 255}


def test_alpha_is_dropped(tmp_path):
    alpha = np.full((10, 14, 1), 60, dtype=np.uint8)
    Image.fromarray(np.concatenate([picture(), alpha], axis=2)).save(tmp_path / "x.png")
    np.testing.assert_array_equal(read_picture(tmp_path / "x.png"), picture())


def test_cmyk_becomes_rgb(tmp_path):
    red = Image.new("RGB", (8, 8), (255, 0, 0)).convert("CMYK")
    red.save(tmp_path / "x.jpg", quality=100)
    found = read_picture(tmp_path / "x.jpg").reshape(-1, 3).mean(axis=0)
    np.testing.assert_allclose(found, [255, 0, 0], atol=6)


@pytest.mark.parametrize("name", ["x.png", "x.tif"])
def test_sixteen_bits_are_scaled_not_cut(tmp_path, name):
    deep = np.array([[0, 257, 32896], [65535, 1000, 60000]], dtype=np.uint16)
    Image.fromarray(deep).save(tmp_path / name)
    found = read_picture(tmp_path / name)[:, :, 0]
    np.testing.assert_array_equal(found, [[0, 1, 128], [255, 4, 233]])


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_values_of_unknown_range_are_refused(tmp_path, dtype):
    Image.fromarray(np.ones((4, 4), dtype=dtype)).save(tmp_path / "x.tif")
    with pytest.raises(ValueError, match="whose range is not known"):
        read_picture(tmp_path / "x.tif")


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "bmp"])
def test_truncated_pictures_are_refused(tmp_path, ending):
    path = tmp_path / f"x.{ending}"
    Image.fromarray(picture(60, 60)).save(path)
    whole = path.read_bytes()
    for share in (0.2, 0.5, 0.9):
        path.write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match=r"picture"):
            read_picture(path)


def test_text_and_nothing_are_refused(tmp_path):
    for content in (b"", b"no picture at all"):
        (tmp_path / "x.png").write_bytes(content)
        with pytest.raises(ValueError, match="not a picture in a known format"):
            read_picture(tmp_path / "x.png")


def test_a_picture_that_claims_to_be_enormous_is_refused(tmp_path: Path):
    Image.fromarray(picture()).save(tmp_path / "x.bmp")
    content = bytearray((tmp_path / "x.bmp").read_bytes())
    content[18:26] = (50_000).to_bytes(4, "little") * 2  # width and height
    (tmp_path / "x.bmp").write_bytes(content)
    with pytest.raises(ValueError, match="too large"):
        read_picture(tmp_path / "x.bmp")


def test_the_centred_square_is_kept():
    wide = picture(8, 20)
    np.testing.assert_array_equal(fit_square(wide, 8), wide[:, 6:14])
    tall = picture(21, 9)
    np.testing.assert_array_equal(fit_square(tall, 9), tall[6:15])


@pytest.mark.parametrize("channels", [1, 3])
def test_reduction_is_antialiased(channels):
    board = (np.indices((32, 32)).sum(axis=0) % 2 * 255).astype(np.uint8)
    small = fit_square(board[:, :, None].repeat(channels, axis=2), 8)
    assert small.shape == (8, 8, channels)
    assert np.abs(small[1:-1, 1:-1].astype(int) - 128).max() <= 8


def test_nothing_is_enlarged():
    with pytest.raises(ValueError, match="14x10 pixels are smaller than the size asked for, 11"):
        fit_square(picture(), 11)
