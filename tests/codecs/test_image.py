"""Pictures: files to arrays to samples and back."""

import struct
import zlib
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image, ImageCms

from pipeline.codecs import ImageCodec
from pipeline.codecs.image import fewer_pixels, fit_square, halves_of, read_picture, to_rgb

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


def test_what_is_transparent_shows_white(tmp_path):
    alpha = np.full((10, 14, 1), 51, dtype=np.uint8)  # a fifth
    Image.fromarray(np.concatenate([picture(), alpha], axis=2)).save(tmp_path / "x.png")
    expected = 255 - (255 - picture().astype(float)) / 5
    np.testing.assert_allclose(read_picture(tmp_path / "x.png"), expected, atol=1)


@pytest.mark.parametrize("ending", ["png", "webp", "tif"])
def test_opaque_alpha_changes_nothing(tmp_path, ending):
    alpha = np.full((10, 14, 1), 255, dtype=np.uint8)
    opaque = Image.fromarray(np.concatenate([picture(), alpha], axis=2))
    opaque.save(tmp_path / f"x.{ending}", **({"lossless": True} if ending == "webp" else {}))
    np.testing.assert_array_equal(read_picture(tmp_path / f"x.{ending}"), picture())


def test_grey_and_palette_may_be_transparent_too(tmp_path):
    grey = Image.fromarray(np.array([[[0, 255], [0, 0], [200, 0]]], dtype=np.uint8), mode="LA")
    grey.save(tmp_path / "grey.png")
    assert read_picture(tmp_path / "grey.png")[0].tolist() == [[0] * 3, [255] * 3, [255] * 3]
    indexed = Image.new("P", (3, 1))
    indexed.putpalette([0, 0, 0, 255, 0, 0, 0, 255, 0])
    indexed.putdata([0, 1, 2])
    indexed.save(tmp_path / "palette.png", transparency=0)
    found = read_picture(tmp_path / "palette.png")[0].tolist()
    assert found == [[255, 255, 255], [255, 0, 0], [0, 255, 0]]


@pytest.mark.parametrize(
    ("ending", "options"),
    [("bmp", {}), ("tif", {}), ("tiff", {"compression": "tiff_lzw"}), ("webp", {"lossless": True})],
)
def test_what_is_kept_whole_is_read_as_it_is(tmp_path, ending, options):
    Image.fromarray(picture()).save(tmp_path / f"x.{ending}", **options)
    np.testing.assert_array_equal(read_picture(tmp_path / f"x.{ending}"), picture())


@pytest.mark.parametrize("ending", ["jpg", "webp"])
def test_what_is_kept_roughly_is_read_nearly_as_it_is(tmp_path, ending):
    soft = np.asarray(Image.fromarray(picture(4, 4)).resize((64, 48), Image.Resampling.BICUBIC))
    Image.fromarray(soft).save(tmp_path / f"x.{ending}", quality=95)
    found = read_picture(tmp_path / f"x.{ending}").astype(int)
    assert found.shape == (48, 64, 3)
    assert np.abs(found - soft).mean() < 4


def test_of_several_pages_the_first_is_read(tmp_path):
    pages = [Image.fromarray(picture()), Image.new("RGB", (5, 5))]
    pages[0].save(tmp_path / "x.tif", save_all=True, append_images=pages[1:])
    np.testing.assert_array_equal(read_picture(tmp_path / "x.tif"), picture())


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


def deep_png(colour_type: int, values: np.ndarray) -> bytes:
    """A PNG of 16-bit [H, W, C], which Pillow reads but does not write."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + content))
        return struct.pack(">I", len(content)) + kind + content + checksum

    height, width = values.shape[:2]
    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def tiff(values: np.ndarray, bits: int = 16, **tags: int) -> bytes:
    """An uncompressed TIFF of [H, W, C], whose rows are whole bytes."""
    height, width, channels = values.shape
    if bits == 12:
        pairs = values.reshape(height, -1, 2)
        first, second = pairs[..., 0], pairs[..., 1]
        packed = [first >> 4, (first & 15) << 4 | second >> 8, second & 255]
        content = np.stack(packed, axis=-1).astype(np.uint8).tobytes()
    else:
        content = values.astype(f"<u{bits // 8}").tobytes()
    entries = {
        256: (4, 1, width),
        257: (4, 1, height),
        258: (3, 1, bits) if channels == 1 else (3, channels, 8 + len(content)),
        259: (3, 1, 1),
        262: (3, 1, tags.get("photometric", 1 if channels == 1 else 2)),
        273: (4, 1, 8),
        274: (3, 1, tags.get("orientation", 1)),
        277: (3, 1, channels),
        278: (4, 1, height),
        279: (4, 1, len(content)),
    }
    if "sample_format" in tags:
        entries[339] = (3, 1, tags["sample_format"])
    if channels == 4:
        entries[338] = (3, 1, 2)  # the fourth channel is alpha
    several = struct.pack(f"<{channels}H", *[bits] * channels)
    table = struct.pack("<H", len(entries)) + b"".join(
        struct.pack("<HHII", tag, *entries[tag]) for tag in sorted(entries)
    )
    start = struct.pack("<2sHI", b"II", 42, 8 + len(content) + len(several))
    return start + content + several + table + struct.pack("<I", 0)


COLOURS = np.array([[[0, 32896, 65535], [60000, 1000, 257]]], dtype=np.uint16)


@pytest.mark.parametrize(
    ("name", "content"), [("x.png", deep_png(2, COLOURS)), ("x.tif", tiff(COLOURS))]
)
def test_sixteen_bits_a_colour_are_scaled_too(tmp_path, name, content):
    (tmp_path / name).write_bytes(content)
    found = read_picture(tmp_path / name)
    np.testing.assert_allclose(found, COLOURS / 257, atol=1)


def test_sixteen_bits_with_alpha_show_white(tmp_path):
    values = np.array([[[30000, 1000, 0, 65535], [30000, 1000, 0, 0]]], dtype=np.uint16)
    (tmp_path / "x.png").write_bytes(deep_png(6, values))
    found = read_picture(tmp_path / "x.png")[0]
    np.testing.assert_allclose(found, [[117, 4, 0], [255, 255, 255]], atol=1)


@pytest.mark.parametrize("dtype", [np.float32, np.int32])
def test_values_of_unknown_range_are_refused(tmp_path, dtype):
    Image.fromarray(np.ones((4, 4), dtype=dtype)).save(tmp_path / "x.tif")
    with pytest.raises(ValueError, match="whose range is not known"):
        read_picture(tmp_path / "x.tif")


TURNS = {
    5: lambda x: x.swapaxes(0, 1),
    6: lambda x: np.rot90(x, -1),
    7: lambda x: np.rot90(x, 2).swapaxes(0, 1),
    8: np.rot90,
}


@pytest.mark.parametrize("bits", [8, 16])
@pytest.mark.parametrize("channels", [1, 3, 4])
@pytest.mark.parametrize("orientation", TURNS)
def test_turned_tiffs_keep_their_rows(tmp_path, bits, channels, orientation):
    values = np.random.default_rng(0).integers(0, 256, (8, 16, channels), dtype=np.uint16)
    values[:, :, 3:] = 255
    (tmp_path / "x.tif").write_bytes(
        tiff(values * (257 if bits == 16 else 1), bits, orientation=orientation)
    )
    expected = TURNS[orientation](values[:, :, :3].repeat(3 if channels == 1 else 1, axis=2))
    np.testing.assert_allclose(read_picture(tmp_path / "x.tif"), expected, atol=1)
    with Image.open(tmp_path / "x.tif") as file:
        np.testing.assert_allclose(to_rgb(file), expected, atol=1)


@pytest.mark.parametrize("bits", [8, 16])
def test_where_0_is_white_it_stays_white(tmp_path, bits):
    values = np.array([[[0], [51], [255]]], dtype=np.uint16) * (257 if bits == 16 else 1)
    (tmp_path / "x.tif").write_bytes(tiff(values, bits, photometric=0))
    assert read_picture(tmp_path / "x.tif")[0, :, 0].tolist() == [255, 204, 0]


def test_twelve_bits_are_scaled_by_twelve(tmp_path):
    values = np.array([[[0], [819], [2048], [4095]]], dtype=np.uint16)
    (tmp_path / "x.tif").write_bytes(tiff(values, 12))
    assert read_picture(tmp_path / "x.tif")[0, :, 0].tolist() == [0, 51, 128, 255]


def test_values_with_a_sign_are_refused_for_what_they_are(tmp_path):
    values = np.array([[[0], [32767]]], dtype=np.uint16)
    (tmp_path / "x.tif").write_bytes(tiff(values, sample_format=2))
    with pytest.raises(ValueError, match="signed 16-bit values, whose range is not known"):
        read_picture(tmp_path / "x.tif")


def test_other_formats_under_a_picture_s_ending_are_named(tmp_path):
    for brand, name in ((b"heic", "HEIC"), (b"mif1", "HEIC"), (b"avif", "AVIF")):
        (tmp_path / "x.jpg").write_bytes(b"\0\0\0\x18ftyp" + brand + bytes(20))
        with pytest.raises(ValueError, match=f"{name} under another ending, which is not read"):
            read_picture(tmp_path / "x.jpg")
    (tmp_path / "x.tif").write_bytes(tiff(np.zeros((2, 2, 7), np.uint16)))
    with pytest.raises(ValueError, match="a kind of TIFF that is not read"):
        read_picture(tmp_path / "x.tif")
    Image.fromarray(picture()).save(tmp_path / "x.webp", lossless=True)
    (tmp_path / "x.webp").rename(tmp_path / "x.jpg")
    np.testing.assert_array_equal(read_picture(tmp_path / "x.jpg"), picture())


def wide_gamut() -> bytes:
    """A profile whose red and green are swapped, so that nobody can overlook what it does."""
    content = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    tags = {bytes(content[at : at + 4]): at for at in range(132, 132 + 12 * content[131], 12)}
    red, green = (tags[name] + 4 for name in (b"rXYZ", b"gXYZ"))
    content[red : red + 8], content[green : green + 8] = (
        content[green : green + 8],
        content[red : red + 8],
    )
    return bytes(content).replace("sRGB".encode("utf-16-be"), "mine".encode("utf-16-be"))


@pytest.mark.parametrize("ending", ["png", "tif", "jpg", "webp"])
def test_colours_are_those_of_the_profile(tmp_path, ending):
    colours = Image.new("RGB", (16, 16), (220, 30, 60))
    options = {"lossless": True} if ending == "webp" else {"quality": 100}
    colours.save(tmp_path / f"x.{ending}", icc_profile=wide_gamut(), **options)
    np.testing.assert_allclose(read_picture(tmp_path / f"x.{ending}")[8, 8], [30, 220, 60], atol=4)


def test_a_profile_leaves_what_is_transparent_and_grey(tmp_path):
    alpha = Image.new("RGBA", (4, 4), (220, 30, 60, 255))
    alpha.putpixel((0, 0), (0, 0, 0, 0))
    alpha.save(tmp_path / "alpha.png", icc_profile=wide_gamut())
    found = read_picture(tmp_path / "alpha.png")
    assert found[0, 0].tolist() == [255] * 3
    np.testing.assert_allclose(found[2, 2], [30, 220, 60], atol=2)
    Image.new("L", (4, 4), 100).save(tmp_path / "grey.png", icc_profile=wide_gamut())
    np.testing.assert_allclose(read_picture(tmp_path / "grey.png")[2, 2], [100] * 3, atol=2)


@pytest.mark.parametrize("profile", [b"no profile", b""])
def test_a_profile_that_says_nothing_changes_nothing(tmp_path, profile):
    Image.fromarray(picture()).save(tmp_path / "x.png", icc_profile=profile)
    np.testing.assert_array_equal(read_picture(tmp_path / "x.png"), picture())
    srgb = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    Image.fromarray(picture()).save(tmp_path / "y.png", icc_profile=srgb)
    np.testing.assert_array_equal(read_picture(tmp_path / "y.png"), picture())


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


def test_a_picture_has_a_left_and_a_right_half():
    left, right = halves_of(picture(4, 6))
    np.testing.assert_array_equal(left, picture(4, 6)[:, :3])
    np.testing.assert_array_equal(right, picture(4, 6)[:, 3:])
    with pytest.raises(ValueError, match="7x4 pixels: an odd width has no two equal halves"):
        halves_of(picture(4, 7))


@pytest.mark.parametrize("ending", ["jpg", "png", "webp", "tif", "bmp"])
def test_large_pictures_are_reduced_while_they_are_read(tmp_path: Path, ending: str):
    waves = (
        np.sin(np.linspace(0, 20, 640))[None, :, None]
        * np.cos(np.linspace(0, 9, 480))[:, None, None]
    )
    whole = (127.5 + 120 * waves * np.array([1, -1, 0.5])).astype(np.uint8)
    Image.fromarray(whole).save(tmp_path / f"x.{ending}")
    with Image.open(tmp_path / f"x.{ending}") as file:
        found = to_rgb(file, 80 * 60)
    assert found.shape == (60, 80, 3)
    expected = np.asarray(Image.fromarray(whole).resize((80, 60), Image.Resampling.LANCZOS))
    np.testing.assert_allclose(found.astype(int), expected, atol=6)
    with Image.open(tmp_path / f"x.{ending}") as file:
        assert to_rgb(file, 640 * 480).shape == (480, 640, 3)


def test_a_reduced_picture_is_turned_and_shows_white_behind_what_is_transparent(tmp_path: Path):
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(picture(80, 40)).save(tmp_path / "x.jpg", exif=exif)
    with Image.open(tmp_path / "x.jpg") as file:
        assert to_rgb(file, 50).shape == (5, 10, 3)
    halves = Image.new("P", (64, 64), 0)
    halves.putpalette([0, 0, 0, 200, 10, 10])
    halves.paste(1, (32, 0, 64, 64))
    halves.save(tmp_path / "palette.png", transparency=0)
    keyed = Image.new("RGB", (64, 64), (0, 0, 0))
    keyed.paste((200, 10, 10), (32, 0, 64, 64))
    keyed.save(tmp_path / "key.png", transparency=(0, 0, 0))
    for name in ("palette.png", "key.png"):
        with Image.open(tmp_path / name) as file:
            found = to_rgb(file, 8 * 8)
        np.testing.assert_allclose(found[:, 1].astype(int), [[255] * 3] * 8, atol=2)
        np.testing.assert_allclose(found[:, -2].astype(int), [[200, 10, 10]] * 8, atol=2)


@pytest.mark.parametrize(
    ("size", "most", "expected"),
    [
        ((20, 10), 200, (20, 10)),
        ((20, 10), None, (20, 10)),
        ((200, 100), 200, (20, 10)),
        ((10_000, 1), 4, (4, 1)),
        ((3, 3), 8, (2, 2)),
    ],
)
def test_the_proportions_of_fewer_pixels_stay(
    size: tuple[int, int], most: int | None, expected: tuple[int, int]
):
    assert fewer_pixels(size, most) == expected
