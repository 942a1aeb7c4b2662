"""Languages are found by code and by name, in any case."""

import pytest

from pipeline.errors import UserError
from pipeline.evaluation.judges.languages import NAMES, OTHERS, language_code


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ("en", "en"),
        ("EN", "en"),
        ("English", "en"),
        (" haitian  creole", "ht"),
        ("Mandarin", "zh"),
        ("jv", "jw"),
        ("Norwegian Nynorsk", "nn"),
        ("AUTO", "auto"),
    ],
)
def test_a_language_is_found_by_code_or_name(given, code):
    assert language_code(given) == code


def test_each_name_leads_to_its_code():
    for code, name in NAMES.items():
        assert language_code(code.upper()) == language_code(name.upper()) == code
    assert {entry.split(" ")[0] for entry in OTHERS.split(", ")} <= NAMES.keys()


@pytest.mark.parametrize("given", ["", "Klingon", "e" * 1000])
def test_what_is_no_language_is_refused_with_examples(given):
    with pytest.raises(
        UserError, match=r"such as en \(English\), de \(German\).* or auto"
    ) as raised:
        language_code(given)
    assert len(str(raised.value)) < 500


def test_the_codes_are_the_recognisers():
    tokenizer = pytest.importorskip("faster_whisper.tokenizer")
    assert NAMES.keys() == set(tokenizer._LANGUAGE_CODES)
