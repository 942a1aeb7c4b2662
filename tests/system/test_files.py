"""Files, by their content."""

import pytest

from pipeline.system.files import sha256_of


def test_the_checksum_is_that_of_the_standard(tmp_path):
    """FIPS 180-2, appendix B.1: the message "abc"."""
    path = tmp_path / "abc"
    path.write_bytes(b"abc")
    expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    assert sha256_of(path) == expected
    with pytest.raises(FileNotFoundError):
        sha256_of(tmp_path / "none")
