"""Rules about what is said."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.authoring.lint.reading import Reading
from ivr.authoring.lint.rule import Finding, error, warning
from ivr.authoring.lint.spoken import prompts, texts
from ivr.speech import readable, spoken_seconds

#: What a slot (a station, a time, a fare) is taken for: four syllables.
_A_SLOT = " 1234 "

_SLOT = re.compile(r"\{[^{}]*\}")
_MARKS = re.compile(r"<[A-Za-z_][A-Za-z0-9_]*>|[\[\]]")


def seconds(words: str, language: str) -> float:
    """About how long it takes to say it."""
    return spoken_seconds(_SLOT.sub(_A_SLOT, words), language)


@warning(whole=False)
def too_long(reading: Reading) -> Iterator[Finding]:
    """A prompt that takes too long to say.

    After a minute nobody remembers how it began, and callers hang up or press 0. The time is reckoned from the
    syllables at the pace of the shipped voices (0.36 s a syllable in Chinese, 0.29 s in English), a slot as four.
    A menu counts whole: intro, options, outro.

    Say it shorter, part it into several announcements behind a menu, or set the measure: `check: {spoken: 90s}`
    at the top of the tree.

    Bad:

        check: {spoken: 10s}
        start: rules
        parts:
          rules:
            say: 购票和乘车时须使用本人有效身份证件原件，乘车前丢失证件的，请到车站公安制证窗口办理临时证明。
            then: hangup

    Good:

        check: {spoken: 10s}
        start: rules
        parts:
          rules:
            say: 购票和乘车时须使用本人有效身份证件原件。
            then: hangup
    """
    most = reading.standards.spoken
    for source, node, what, spoken in prompts(reading):
        longest = max((seconds(words, language) for language, words in spoken.items()), default=0.0)
        if longest > most:
            message = f"{what} takes about {longest:.0f} s to say; the most is {most:.0f} s: say it shorter"
            yield source, node, message


@error(whole=False)
def unreadable_text(reading: Reading) -> Iterator[Finding]:
    """Something in a text that no voice reads right: digits, foreign letters, markup.

    A voice guesses at `12306` and `G102`, spells `WIFI` letter by letter and reads `**` as noise or not at all.

    Write numbers as callers should hear them (幺二三零六), use a slot where a value comes from data, write Chinese in
    Chinese sentences.

    Bad:

        start: bye
        parts:
          bye: {say: 请拨打12306。, then: hangup}

    Good:

        start: bye
        parts:
          bye: {say: 请拨打幺二三零六。, then: hangup}
    """
    for source, node, language, words in texts(reading):
        for problem in readable(_MARKS.sub(" ", words), language):
            yield source, node, f"cannot be spoken: {problem}"
