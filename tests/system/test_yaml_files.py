"""YAML of strangers: read as it is where it is harmless, else refused in words, soon."""

import time
from contextlib import suppress

import pytest
import yaml
from strangers import bounded

from pipeline.errors import UserError
from pipeline.interop.taming import read_config
from pipeline.params import load_params
from pipeline.scaffold.wiring import load_dvc
from pipeline.system.yaml_files import MOST_BYTES, MOST_VALUES, compose_yaml, parse_yaml

LAUGHS = "l0: &l0 [lol]\n" + "".join(
    f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]\n" for n in range(1, 25)
)
MERGES = "m0: &m0 {a: 1}\n" + "".join(
    f"m{n}: &m{n}\n  <<: [{', '.join([f'*m{n - 1}'] * 10)}]\n" for n in range(1, 12)
)
CHAIN = "c0: &c0 [1]\n" + "".join(f"c{n}: &c{n} [*c{n - 1}]\n" for n in range(1, 3000))

HOSTILE = {
    "laughs": (LAUGHS, "too large"),
    "merges": (MERGES, "too large"),
    "long aliases": (f"a: &a {'x' * 10**5}\nb: [{'*a, ' * 1000}]", "too large"),
    "a chain of aliases": (CHAIN, "within each other"),
    "itself": ("a: &a [*a]", "a value within itself"),
    "itself, merged": ("a: &a {<<: *a}", "a value within itself"),
    "deep": ("[" * 10**5, "within each other"),
    "deep blocks": ("- " * 10**5, "within each other"),
    "deep keys": ("? " * 10**5, "within each other"),
    "deep mappings": ("{a: " * 10**5, "within each other"),
    "many values": ("[" + "0," * (MOST_VALUES + 1) + "]", f"more than {MOST_VALUES:,} values"),
    "long": ("#" * (MOST_BYTES + 1), "bytes, allowed"),
    "a number in base 60": ("a: " + ":".join(["1"] * 10**5), "characters of what should be"),
    "a hexadecimal number": ("a: 0x" + "f" * 10**5, "characters of what should be"),
    "a date": ("a: 2001-99-99", "none of type timestamp"),
    "no truth": ("a: !!bool maybe", "none of type bool"),
    "no number": ('a: !!int ""', "none of type int"),
    "no time": ("a: !!timestamp soon", "none of type timestamp"),
    "a long key": (f"{'x' * 1000}: 1\n{'x' * 1000}: 2", "stands twice"),
    "a list as a key": (f"? [{'1, ' * 1000}]\n: 1", "expected a text or a number as a key"),
    "an undefined alias": (f"a: *{'x' * 10**5}", "undefined alias"),
    "an object": ("a: !!python/object:os.system {}", "could not determine a constructor"),
    "control characters": ("a: \0", "special characters are not allowed"),
}


@pytest.mark.parametrize("name", HOSTILE)
@pytest.mark.parametrize("read", [load_params, load_dvc, read_config])
def test_what_is_hostile_is_refused_in_words(tmp_path, name, read):
    content, words = HOSTILE[name]
    path = tmp_path / "file.yaml"
    path.write_text(content)
    with bounded(), pytest.raises(UserError) as refused:
        read(path)
    assert words in str(refused.value)
    assert len(str(refused.value)) < 1000


def test_lines_are_not_told_of_what_is_hostile_either():
    for content, _ in HOSTILE.values():
        with bounded(), suppress(ValueError):
            compose_yaml(content)


@pytest.mark.parametrize(
    "text",
    [
        "a: &a {b: 1}\nc: {<<: *a, b: 2, d: [*a, *a]}",
        "a: 1_000\nb: 2001-01-01\nc: 1e3\nd: !!set {x, y}\ne: !!binary aGk=\nf: ~",
        "a: |\n " + "x" * 10**4,
        "",
        "- x",
    ],
)
def test_what_is_harmless_is_read_as_ever(text):
    assert parse_yaml(text) == yaml.safe_load(text)


@pytest.mark.parametrize("keys", ["k{}", "{}", "[{}]"])
def test_a_thousand_mistakes_are_said_as_one_is(tmp_path, keys):
    path = tmp_path / "params.yaml"
    lines = [f"  {keys.format(n)}: {{method: gan, no: {n}}}" for n in range(5000)]
    path.write_text("seed: 1\ndatasets: {}\nmodels:\n" + "\n".join(lines))
    with bounded(), pytest.raises(UserError) as refused:
        load_params(path)
    assert len(str(refused.value)) < 10_000


def test_long_values_are_shortened_in_messages(tmp_path):
    path = tmp_path / "params.yaml"
    long = "x" * 10**5
    began = time.process_time()
    for line in (f"seed: {long}", f"{long}: 1", f"models: {{a: {{method: {long}}}}}"):
        path.write_text(f"{line}\ndatasets: {{}}")
        with pytest.raises(UserError) as refused:
            load_params(path)
        assert len(str(refused.value)) < 2000
    assert time.process_time() - began < 5
