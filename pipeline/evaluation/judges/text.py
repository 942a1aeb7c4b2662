"""Text in one spelling, so that what was said and what was heard can be compared by words.

Of any language, letters lose their case, and letters, marks and digits (Unicode's categories L, M
and N) make words; all else parts them. Each character of a script that is written without spaces
(`UNSPACED`) is a word of its own, so that word errors of Chinese or Thai are character errors. The
basic normaliser that was published with Whisper (Radford et al. 2022, appendix C) does the same,
but drops marks, vowels of Hindi among them.

Of English, besides: contractions, numbers and a few titles are written out, British spellings
become American ones by their endings, and accents and apostrophes are dropped. Whisper's normaliser
of English goes the other way with numbers, from words to digits, and does more: currencies,
fractions and roman numerals, fillers such as "um" and remarks in brackets left out, and British
spellings by a table of 1,700 words. Endings are changed wherever they stand, in what is no British
spelling too ("promise"): in both texts alike, so that it costs nothing but a few words that are no
longer told apart ("devour" and "devor").
"""

import re
import unicodedata
from collections.abc import Iterable

ENGLISH = "en"
DOTLESS = frozenset({"tr", "az"})
"""Languages in which I is the capital of a dotless i."""

UNSPACED = re.compile(
    "[\u0e00-\u0e7f"  # Thai
    "\u0e80-\u0eff"  # Lao
    "\u1000-\u109f\ua9e0-\ua9ff\uaa60-\uaa7f"  # Burmese
    "\u1780-\u17ff"  # Khmer
    "\u3005-\u3007\u3400-\u4dbf\u4e00-\u9fff\U00020000-\U000323af"  # Chinese, and kanji
    "\u3040-\u30ff\u31f0-\u31ff"  # Japanese kana
    "\u3100-\u312f\u31a0-\u31bf]"  # bopomofo
)
"""A character of the scripts whose words no spaces part, after Unicode's normal form KC."""

CONTRACTIONS = {
    r"\bwon't\b": "will not",
    r"\bcan't\b": "can not",
    r"\bcannot\b": "can not",
    r"\bshan't\b": "shall not",
    r"\blet's\b": "let us",
    r"n't\b": " not",
    r"'re\b": " are",
    r"'ve\b": " have",
    r"'ll\b": " will",
    r"'d\b": " would",
    r"\bi'm\b": "i am",
    r"\b(he|she|it|that|this|there|here|what|who|where|how|when)'s\b": r"\1 is",
}
"""Pattern -> what is meant. Any other 's is a possessive and only loses its apostrophe."""

TITLES = {"mr": "mister", "mrs": "missus", "dr": "doctor"}

ENDINGS = {  # colour, favourite, but not hour and four; realise; centre; travelled; practise
    r"\bpractis": "practic",
    r"\b(\w{3,})our(s|ed|ing|able|ite|less|ful|hood)?\b": r"\1or\2",
    r"(\w{2})is(e|es|ed|er|ers|ing|ation|ations)\b": r"\1iz\2",
    r"\b(\w{2,})tre(s?)\b": r"\1ter\2",
    r"(\w{2})ll(ed|ing|er|ers)\b": r"\1l\2",
    r"\bgrey": "gray",
}
"""Pattern of a British spelling -> the American one."""

ONES = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"),
    *("eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen"),
    "nineteen",
)
TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))
ORDINALS = {
    **{"one": "first", "two": "second", "three": "third", "five": "fifth", "eight": "eighth"},
    **{"nine": "ninth", "twelve": "twelfth"},
}
NUMBER = re.compile(r"(?<![\w.])(\d{1,3}(?:,\d{3})+|\d+)(?:\.(\d+))?(st|nd|rd|th|s)?(?![\w])")


def words_of(text: str, language: str = ENGLISH) -> list[str]:
    """Return the words of a text in the spelling that this file describes.

    ``language`` is named as Whisper names it; whatever is not `ENGLISH` has none of its rules.
    """
    if language == ENGLISH:
        return [TITLES.get(word, word) for word in parted(_in_english_spelling(text))]
    if language in DOTLESS:
        text = text.replace("\u0130", "i").replace("I", "\u0131")
    # Folding undoes normal forms of few letters, so it stands between two of them.
    folded = unicodedata.normalize("NFKC", text).casefold()
    return parted(unicodedata.normalize("NFKC", folded))


def parted(text: str) -> list[str]:
    """Part a text of small letters into words, and into characters what has no spaces."""
    kept = "".join(map(_letter, text))
    return UNSPACED.sub(r" \g<0> ", kept).split()


def has_unspaced(text: str) -> bool:
    """Tell whether a text has characters of the scripts that are written without spaces."""
    return UNSPACED.search(unicodedata.normalize("NFKC", text)) is not None


def unit_of(texts: Iterable[str]) -> str:
    """Name what a word error of such texts counts: "word", "character", or either."""
    found = {has_unspaced(text) for text in texts if words_of(text)}
    if found == {True, False}:
        return "word, or character where no spaces part words"
    return "character" if found == {True} else "word"


def _letter(character: str) -> str:
    """Keep a letter, mark or digit; drop what is invisible, as soft hyphens; else leave a space."""
    category = unicodedata.category(character)
    if category[0] in "LMN":
        return character
    return "" if category == "Cf" else " "


def _in_english_spelling(text: str) -> str:
    """Write a text in small letters as `words_of` describes for English."""
    text = "".join(" " if unicodedata.category(c) == "So" else c for c in text)
    text = unicodedata.normalize(
        "NFKD", text.casefold().replace("\N{RIGHT SINGLE QUOTATION MARK}", "'")
    )
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    for pattern, meant in CONTRACTIONS.items():
        text = re.sub(pattern, meant, text)
    text = NUMBER.sub(_spell_match, text.replace("%", " percent "))
    text = "".join(map(_letter, text.replace("'", "")))
    text = re.sub(r"\b(hundred|thousand|million) and\b", r"\1", " ".join(text.split()))
    for pattern, american in ENDINGS.items():
        text = re.sub(pattern, american, text)
    return text


def spell_number(number: int) -> str:
    """Write out a whole number from 0 to below 10**12, in words without "and" and hyphens.

    Raises ValueError beyond.
    """
    if not 0 <= number < 10**12:
        raise ValueError(f"{number} is not within 0 to 10**12")
    if number < 20:
        return ONES[number]
    if number < 100:
        tens, ones = divmod(number, 10)
        return f"{TENS[tens]} {ONES[ones]}" if ones else TENS[tens]
    scale, name = next((scale, name) for scale, name in SCALES if number >= scale)
    count, rest = divmod(number, scale)
    return f"{spell_number(count)} {name}" + (f" {spell_number(rest)}" if rest else "")


def spell_year(year: int) -> str:
    """Write out a number of four digits as years are read: "nineteen eighty four"."""
    century, rest = divmod(year, 100)
    if rest == 0:
        return f"{spell_number(century)} hundred"
    return f"{spell_number(century)} {'oh ' if rest < 10 else ''}{spell_number(rest)}"


def _spell_match(match: re.Match[str]) -> str:
    """Write out one number of a text: 1,500 3.25 21st 1984 1960s; endless ones digit by digit."""
    whole, fraction, ending = match.groups()
    digits = whole.replace(",", "")
    if len(digits) > 12 or (len(digits) > 1 and digits[0] == "0"):
        spelt = " ".join(ONES[int(digit)] for digit in digits)
    elif len(whole) == 4 and fraction is None and (1100 <= int(whole) < 2000):
        spelt = spell_year(int(whole))
    else:
        spelt = spell_number(int(digits))
    if fraction is not None:
        spelt += " point " + " ".join(ONES[int(digit)] for digit in fraction)
    if ending == "s":
        return f"{spelt[:-1]}ies" if spelt.endswith("y") else f"{spelt}s"
    return _ordinal(spelt) if ending else spelt


def _ordinal(spelt: str) -> str:
    """Make the last word of a number an ordinal: twenty first, thirtieth, hundredth."""
    before, _, last = spelt.rpartition(" ")
    if last in ORDINALS:
        last = ORDINALS[last]
    else:
        last = f"{last[:-1]}ieth" if last.endswith("y") else f"{last.removesuffix('t')}th"
    return f"{before} {last}".strip()
