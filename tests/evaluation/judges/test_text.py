"""Text in one spelling: English, and all else."""

import pytest

from pipeline.evaluation.judges.text import spell_number, spell_year, unit_of, words_of


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The old ferry, crosses -- the HARBOUR.", "the old ferry crosses the harbor"),
        ("It's the dog's bone; that's John\N{RIGHT SINGLE QUOTATION MARK}s.",
         "it is the dogs bone that is johns"),
        ("I'm sure we'll go, they've gone, you're late, he'd know",
         "i am sure we will go they have gone you are late he would know"),
        ("I won't, can't, shan't, cannot, didn't. Let's",
         "i will not can not shall not can not did not let us"),
        ("twenty-one, 21, 105, one hundred and five",
         "twenty one twenty one one hundred five one hundred five"),
        ("1,500 in 1984, 1906 and 1500; 2001",
         "one thousand five hundred in nineteen eighty four nineteen oh six and fifteen hundred "
         "two thousand one"),
        ("the 1st, 22nd, 30th, 100th, 12th, 5th, 8th",
         "the first twenty second thirtieth one hundredth twelfth fifth eighth"),
        ("the 1960s and 90s", "the nineteen sixties and nineties"),
        ("3.25, 5%, 007, at 5:30",
         "three point two five five percent zero zero seven at five thirty"),
        ("Mr. Smith, Mrs. Smith and Dr. No", "mister smith missus smith and doctor no"),
        ("caf\N{LATIN SMALL LETTER E WITH ACUTE}, MP3 and B2B", "cafe mp3 and b2b"),
        ("our four hours of flour, your favourite colour's neighbours",
         "our four hours of flour your favorite colors neighbors"),
        ("realised, centre, theatre, travelled, grey, practises",
         "realized center theater traveled gray practices"),
        ("", ""),
    ],
)  # fmt: skip
def test_text_becomes_words(text: str, words: str) -> None:
    assert " ".join(words_of(text)) == words


@pytest.mark.parametrize(
    ("text", "language", "words"),
    [
        ("Die STRASSE, die Straße: 21 Grad!", "de", "die strasse die strasse 21 grad"),
        ("Ça colour; l\N{RIGHT SINGLE QUOTATION MARK}ete\N{COMBINING ACUTE ACCENT}", "fr",
         "ça colour l eté"),
        ("ΟΔΟΣ οδός", "el", "οδοσ οδόσ"),
        ("Dili, ISI, \N{LATIN CAPITAL LETTER I WITH DOT ABOVE}yi", "tr",
         "dili \N{LATIN SMALL LETTER DOTLESS I}s\N{LATIN SMALL LETTER DOTLESS I} iyi"),
        ("क्या हाल है?", "hi", "क्या हाल है"),
        ("안녕하세요, 여러분", "ko", "안녕하세요 여러분"),
        ("我用 iPhone。", "zh", "我 用 iphone"),
        ("\N{HALFWIDTH KATAKANA LETTER KA}\N{HALFWIDTH KATAKANA VOICED SOUND MARK}ー、犬", "ja",
         "ガ ー 犬"),
        ("ขา", "th", "ข า"),
        ("ລາວ", "lo", "ລ າ ວ"),
        ("ខ្មែរ", "km", "ខ ្ ម ែ រ"),
        ("မြန်", "my", "မ ြ န ်"),
        ("soft\N{SOFT HYPHEN}ly 2nd_can't", "nl", "softly 2nd can t"),
        ("Ünlü der Straße, 2", "en", "unlu der strasse two"),
    ],
)  # fmt: skip
def test_text_of_any_language_becomes_words(text: str, language: str, words: str) -> None:
    assert " ".join(words_of(text, language)) == words


@pytest.mark.parametrize(
    ("texts", "unit"),
    [
        (["мама мыла", "a b"], "word"),
        (["今天 好", "今", "..."], "character"),
        (["今天", "a b"], "word, or character where no spaces part words"),
        ([], "word"),
    ],
)
def test_the_unit_is_what_is_counted(texts: list[str], unit: str) -> None:
    assert unit_of(texts) == unit


def test_both_spellings_become_one() -> None:
    british = "He apologised to his neighbour for the grey theatre, and practised half a litre."
    american = "He apologized to his neighbor for the gray theater, and practiced half a liter"
    assert words_of(british) == words_of(american)


@pytest.mark.parametrize(
    ("number", "spelt"),
    [
        (0, "zero"),
        (13, "thirteen"),
        (40, "forty"),
        (99, "ninety nine"),
        (100, "one hundred"),
        (1_000_001, "one million one"),
        (987_654, "nine hundred eighty seven thousand six hundred fifty four"),
        (2_000_000_000, "two billion"),
    ],
)
def test_numbers_are_written_out(number: int, spelt: str) -> None:
    assert spell_number(number) == spelt


def test_years_are_read_in_pairs() -> None:
    assert spell_year(1066) == "ten sixty six"
    assert spell_year(1900) == "nineteen hundred"


def test_numbers_without_end_are_read_digit_by_digit() -> None:
    assert words_of("1" * 13) == ["one"] * 13
    with pytest.raises(ValueError, match="not within"):
        spell_number(10**12)
