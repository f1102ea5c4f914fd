"""English words → the phonemes that the neural voice was trained on.

espeak-ng reads the words, and its IPA is rewritten in the model's own alphabet: a diphthong is one letter (``eɪ`` → ``A``),
an affricate one sign, vowels have no length, ``ɚ`` is ``əɹ``. The rules are those by which misaki, the model's own
G2P (Apache-2.0), rewrites what espeak-ng gives it for American English.

A Chinese name in pinyin, which espeak-ng reads as if it were English (*Hongqiao*), is read by syllables, each with the English
sounds that are nearest, as announcers in English do; the last one is stressed.
"""

from __future__ import annotations

import re

from ivr.speech.pinyin import parts
from ivr.voice import espeak

#: Raise it when the same words would be given to the model in another way.
VERSION = 1

#: In this order; ^ ties two signs into one sound.
_REWRITTEN = (
    ("a^ɪ", "I"), ("a^ʊ", "W"), ("e^ɪ", "A"), ("o^ʊ", "O"), ("ɔ^ɪ", "Y"), ("d^ʒ", "ʤ"), ("t^ʃ", "ʧ"), ("ə^l", "ᵊl"),
    ("ʲ", ""), ("\u0303", ""), ("e", "A"), ("o", "ɔ"), ("r", "ɹ"), ("x", "k"), ("ç", "k"), ("ɬ", "l"), ("ʔ", "t"),
    ("ɐ", "ə"), ("ɚ", "əɹ"), ("ɜːɹ", "ɜɹ"), ("ɜː", "ɜɹ"), ("ɪə", "iə"), ("ː", ""), ("^", ""),
)  # fmt: skip
_SYLLABIC = re.compile("(\\S)\u0329")

_INITIALS = {
    "b": "b", "p": "p", "m": "m", "f": "f", "d": "d", "t": "t", "n": "n", "l": "l", "g": "ɡ", "k": "k", "h": "h",
    "j": "ʤ", "q": "ʧ", "x": "ʃ", "zh": "ʤ", "ch": "ʧ", "sh": "ʃ", "r": "ɹ", "z": "dz", "c": "ts", "s": "s", "": "",
}  # fmt: skip
#: final as it is spelled behind an initial → its sounds; 0 is the place of the stress
_FINALS = {
    "a": "0ɑ", "ai": "0I", "an": "0ɑn", "ang": "0ɑŋ", "ao": "0W", "e": "0ʌ", "ei": "0A", "en": "0ʌn", "eng": "0ʌŋ",
    "er": "0ɜɹ", "i": "0i", "ia": "j0ɑ", "ian": "j0ɛn", "iang": "j0ɑŋ", "iao": "j0W", "ie": "j0ɛ", "in": "0ɪn",
    "ing": "0ɪŋ", "iong": "j0ʊŋ", "iu": "j0O", "o": "w0ɔ", "ong": "0ʊŋ", "ou": "0O", "u": "0u", "ua": "w0ɑ",
    "uai": "w0I", "uan": "w0ɑn", "uang": "w0ɑŋ", "ui": "w0A", "un": "0ʊn", "uo": "w0ɔ", "ü": "j0u", "üe": "jw0ɛ",
    "üan": "jw0ɛn", "ün": "j0ʊn",
}  # fmt: skip
_BUZZED = {"zh": "0ɜɹ", "ch": "0ɜɹ", "sh": "0ɜɹ", "r": "0ɜɹ", "z": "0ʌ", "c": "0ʌ", "s": "0ʌ"}
_GLIDE = re.compile("(?<=[ʤʧʃ])j")  # no sound of its own there

#: Words with a capital that could be pinyin and are not.
_WORDS = """
age amending an are area aware balance banner base being can care caring case chance change changing china cite cure
dance danger dare date dealing decide define delete desire dine during ensure enter entering entire examine fan fare
fee few figure finding fine fire fun gate guide hang have he heading help here hi hide hire home huge human image lane
late layer leading leave like line literature long lose luggage macao machine make making man manage manager manner me
men menu mere merge mi mine minute more name nature nice nine note one operate operating orange owner page panda paper
pay paying penalty pending piece pin ping please pure quote race rate reading reduce refer referring ride rise route
sale same save saying see sending sentence serve server serving shape share she side silence since sing size song
suite sun sure take taken taking ten the then these tiger time tune waiting wanting we wide women you zero zone
"""
_ENGLISH = frozenset(_WORDS.split())
_MARK = re.compile(r"\s*([,.;:!?…—])[\"'”’)]*(?=\s|$)")
_WORD = re.compile(r"[A-Za-zÀ-ÿ]+(?:['’][A-Za-zÀ-ÿ]+)*|[^\sA-Za-zÀ-ÿ]+")
_LONGEST = 6  # letters of a syllable: zhuang
#: Words that lean on the next one.
_WEAK = frozenset(("a", "an", "and", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "via"))


def phonemes(text: str) -> str:
    """The phonemes of ``text``; empty where there is no word in it."""
    spoken = ""
    pieces = _MARK.split(text)
    for words, mark in zip(pieces[::2], [*pieces[1::2], ""], strict=True):
        if clause := _clause(words):
            spoken += f" {clause}{mark}"
    spoken = spoken.strip()
    # without an end the model breaks off single syllables, or goes on with noise
    return f"{spoken}." if spoken and _MARK.fullmatch(spoken[-1]) is None else spoken


def _clause(words: str) -> str:
    """Runs of English words, which are read together, and names in pinyin between them."""
    said: list[str] = []
    run: list[str] = []
    for word in [*_WORD.findall(words), ""]:
        name = pinyin_name(word)
        if word and not name:
            run.append(word)
            continue
        if run:
            read = rewritten(espeak.ipa(" ".join(run), "en-us"))
            if name and run[-1].lower() in _WEAK:
                head, space, last = read.rpartition(" ")
                read = head + space + last.replace("ˈ", "")
            said.append(read)
        said.append(name)
        run = []
    return " ".join(" ".join(said).split())


def rewritten(ipa: str) -> str:
    """espeak-ng's IPA for American English, with ^ between tied signs, in the model's alphabet."""
    for old, new in _REWRITTEN:
        ipa = ipa.replace(old, new)
    return _SYLLABIC.sub(r"ᵊ\1", ipa)


def pinyin_name(word: str) -> str:
    """The phonemes of a name such as Hongqiao or Xi'an; empty for a word that is none."""
    pieces = word.replace("’", "'").lower().split("'")
    if not word[:1].isupper() or len(word) == 1 or word.lower() in _ENGLISH:
        return ""
    divided = [_divided(part, False) or _divided(part, True) for part in pieces]
    if not all(divided):
        return ""
    sounds = [sound for part in divided for sound in part]
    stresses = [*(["ˌ", *[""] * len(sounds)][: len(sounds) - 1]), "ˈ"]
    return "".join(sound.replace("0", stress) for sound, stress in zip(sounds, stresses, strict=True))


def _divided(name: str, open_inside: bool) -> list[str]:
    """The sounds of the syllables of ``name``, empty when it cannot be divided: Jinan is ji-nan, as a syllable within a name
    begins with a consonant, unless it can be divided in no other way (``open_inside``): Huaian is huai-an."""
    for end in range(min(_LONGEST, len(name)), 0, -1):
        rest = name[end:]
        sound = _syllable(name[:end]) if open_inside or not rest.startswith(("a", "e", "o")) else ""
        if sound and not rest:
            return [sound]
        if sound and (others := _divided(rest, open_inside)):
            return [sound, *others]
    return []


def _syllable(pinyin: str) -> str:
    """The sounds of a syllable without its tone; empty for one that Mandarin does not have."""
    if pinyin[0] in "iuüv" or pinyin in ("w", "y"):
        return ""
    try:
        initial, final, _ = parts(re.sub("(?<=^[ln])ue", "üe", pinyin) + "5")
    except ValueError:
        return ""
    labial = initial in ("b", "p", "m", "f")
    if (final == "o" and not labial and pinyin not in ("o", "wo", "yo", "lo")) or (final == "e" and labial):
        return ""
    if final == "i" and initial in _BUZZED:
        return _INITIALS[initial] + _BUZZED[initial]
    return _GLIDE.sub("", _INITIALS[initial] + _FINALS[final])
