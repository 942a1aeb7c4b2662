"""Languages of speech as people write them, Whisper's codes and English names."""

from pipeline.errors import UserError, shortened

AUTO = "auto"
"""In place of a language: the recogniser finds out."""

KNOWN = """
af Afrikaans, am Amharic, ar Arabic, as Assamese, az Azerbaijani, ba Bashkir, be Belarusian,
bg Bulgarian, bn Bengali, bo Tibetan, br Breton, bs Bosnian, ca Catalan, cs Czech, cy Welsh,
da Danish, de German, el Greek, en English, es Spanish, et Estonian, eu Basque, fa Persian,
fi Finnish, fo Faroese, fr French, gl Galician, gu Gujarati, ha Hausa, haw Hawaiian, he Hebrew,
hi Hindi, hr Croatian, ht Haitian Creole, hu Hungarian, hy Armenian, id Indonesian, is Icelandic,
it Italian, ja Japanese, jw Javanese, ka Georgian, kk Kazakh, km Khmer, kn Kannada, ko Korean,
la Latin, lb Luxembourgish, ln Lingala, lo Lao, lt Lithuanian, lv Latvian, mg Malagasy, mi Maori,
mk Macedonian, ml Malayalam, mn Mongolian, mr Marathi, ms Malay, mt Maltese, my Myanmar, ne Nepali,
nl Dutch, nn Nynorsk, no Norwegian, oc Occitan, pa Punjabi, pl Polish, ps Pashto, pt Portuguese,
ro Romanian, ru Russian, sa Sanskrit, sd Sindhi, si Sinhala, sk Slovak, sl Slovenian, sn Shona,
so Somali, sq Albanian, sr Serbian, su Sundanese, sv Swedish, sw Swahili, ta Tamil, te Telugu,
tg Tajik, th Thai, tk Turkmen, tl Tagalog, tr Turkish, tt Tatar, uk Ukrainian, ur Urdu, uz Uzbek,
vi Vietnamese, yi Yiddish, yo Yoruba, yue Cantonese, zh Chinese
"""
"""The languages that Whisper was trained on, by its codes (Radford et al. 2022, appendix E)."""
OTHERS = "my Burmese, nl Flemish, es Castilian, zh Mandarin, jw jv, nn Norwegian Nynorsk"
"""Further names of these."""
EXAMPLES = ("en", "de", "es", "fr", "ja", "zh")

NAMES = dict(entry.strip().split(" ", 1) for entry in KNOWN.split(","))
"""Code -> English name."""
CODES = {name.lower(): code for code, name in NAMES.items()} | {
    name.lower(): code for code, name in (entry.split(" ", 1) for entry in OTHERS.split(", "))
}
"""English name, in small letters -> code."""


def language_code(given: str) -> str:
    """Return Whisper's code of a language, which is given as that or by name, in any case.

    `AUTO` stays what it is. Raises UserError, with examples, where it is none.
    """
    wanted = " ".join(given.lower().split())
    if wanted == AUTO or wanted in NAMES:
        return wanted
    if wanted in CODES:
        return CODES[wanted]
    examples = ", ".join(f"{code} ({NAMES[code]})" for code in EXAMPLES)
    raise UserError(
        f"language: expected a code or an English name, such as {examples}, or {AUTO}; found "
        f"'{shortened(given)}'"
    )
