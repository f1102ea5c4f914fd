"""The sounds that Asterisk itself plays, in our voice: queue announcements and spoken numbers.

Names are Asterisk's: ``queue-*`` and ``beep`` for app_queue, ``digits/*`` for ``SayNumber`` and the
caller's position. In Mandarin Asterisk says a number with 0–9, the tens, hundred, thousand,
ten-thousand, hundred-million and minus; in English with 0–19, the tens, hundred, thousand, million,
minus. ``ivr-*`` are our dialplan's, for when our own server is down. app_queue plays
``queue-thereare`` NUMBER ``queue-callswaiting``, and ``queue-holdtime`` NUMBER ``queue-minutes``.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ivr.speech import Phrase, en, zh
from ivr.voice.sounds import SoundStore, replace
from ivr.voice.tones import silence, tones
from ivr.voice.wav import wide

_ZH = {
    "queue-youarenext": "您排在第一位，下一位就为您服务，请不要挂机。",
    "queue-thereare": "您现在排在第",
    "queue-callswaiting": "位，请您耐心等候。",
    "queue-quantity1": "现在等候的人数超过",
    "queue-quantity2": "位，请您耐心等候。",
    "queue-holdtime": "预计还需等候",
    "queue-minute": "分钟。",
    "queue-minutes": "分钟。",
    "queue-seconds": "秒。",
    "queue-thankyou": "感谢您的等候。",
    "queue-reporthold": "来电等候了",
    "queue-less-than": "少于",
    "queue-periodic-announce": "座席全忙，请您稍候，我们将尽快为您服务。",
    "ivr-wait": "座席全忙，请您稍候，我们将尽快为您服务。",
    "ivr-patience": "感谢您的耐心等候，我们将尽快为您服务。",
    "ivr-not-reached": "客户没有接通。",
    "ivr-far-behind": "现在排队的人很多，请您耐心等候。",
    "vm-goodbye": "感谢您的来电，再见。",
    "pbx-invalid": "您的输入有误，请重新输入。",
    "ivr-sorry": "现在坐席全忙，请您稍后再拨。再见。",
    "ivr-home": "铁路客户来电，接听请按1。",
    "ivr-limit": "通话时间已到，感谢您的来电，再见。",
    "digits/hundred": "百",
    "digits/thousand": "千",
    "digits/ten-thousand": "万",
    "digits/hundred-million": "亿",
    "digits/minus": "负",
}
_EN = {
    "queue-youarenext": "You are next in line. Please hold on.",
    "queue-thereare": "You are now number",
    "queue-callswaiting": "in line. Please hold on.",
    "queue-quantity1": "There are more than",
    "queue-quantity2": "callers in line. Please hold on.",
    "queue-holdtime": "The estimated wait is",
    "queue-minute": "minute.",
    "queue-minutes": "minutes.",
    "queue-seconds": "seconds.",
    "queue-thankyou": "Thank you for waiting.",
    "queue-reporthold": "This caller waited",
    "queue-less-than": "less than",
    "queue-periodic-announce": "All agents are busy. Please hold on, we will be with you soon.",
    "ivr-wait": "All agents are busy. Please hold on, we will be with you soon.",
    "ivr-patience": "Thank you for your patience. We will be with you as soon as we can.",
    "ivr-not-reached": "The caller was not reached.",
    "ivr-far-behind": "Many callers are in line. Please hold on.",
    "vm-goodbye": "Thank you for calling. Goodbye.",
    "pbx-invalid": "That is not valid. Please try again.",
    "ivr-sorry": "All agents are busy. Please call again later. Goodbye.",
    "ivr-home": "A railway caller. To take the call press 1.",
    "ivr-limit": "Your time on this call is over. Thank you for calling. Goodbye.",
    "digits/hundred": "hundred",
    "digits/thousand": "thousand",
    "digits/million": "million",
    "digits/minus": "minus",
}
#: The wait as ivr.acd.wait tells it: 0 for less than a minute, 11 for more than ten.
_ZH |= {f"ivr-wait-{n}": f"预计还需等候大约{zh.count(n)}分钟。" for n in range(1, 11)}
_ZH |= {"ivr-wait-0": "预计还需等候不到一分钟。", "ivr-wait-11": "预计还需等候十分钟以上。"}
_EN |= {f"ivr-wait-{n}": f"The wait is about {en.number(n)} minutes." for n in range(2, 11)}
_EN |= {
    "ivr-wait-0": "The wait is less than a minute.",
    "ivr-wait-1": "The wait is about one minute.",
    "ivr-wait-11": "The wait is more than ten minutes.",
}
_TENS = range(10, 100, 10)

#: language → Asterisk's name → what is said
SOUNDS: Mapping[str, Mapping[str, str]] = {
    "zh": {**_ZH, **{f"digits/{n}": zh.number(n) for n in (*range(10), *_TENS)}},
    "en": {**_EN, **{f"digits/{n}": en.number(n) for n in (*range(20), *_TENS)}},
}


def phrases() -> tuple[Phrase, ...]:
    """Every phrase that :func:`install` needs."""
    return tuple(names())


def names() -> dict[Phrase, tuple[str, ...]]:
    """Every phrase that :func:`install` needs, with the names under which Asterisk plays it."""
    found: dict[Phrase, tuple[str, ...]] = {}
    for language, sounds in SOUNDS.items():
        for name, text in sounds.items():
            phrase = Phrase(text, language)
            found[phrase] = (*found.get(phrase, ()), name)
    return found


def install(store: SoundStore, folder: Path) -> list[Path]:
    """Put the sounds that ``store`` has into ``folder`` (``…/sounds``), one sub-folder a language.

    Gives the files that were new or different. What ``store`` lacks is left as it is.
    """
    changed = []
    for language, sounds in SOUNDS.items():
        wanted = {
            f"{name}{file.suffix}": file.read_bytes()
            for name, text in sounds.items()
            if (path := store.heard(Phrase(text, language)))
            for file in (path, wide(path))
            if file.is_file()
        }
        wanted["beep.wav"] = tones(1000)
        wanted.update({f"silence/{seconds}.wav": silence(seconds) for seconds in (1, 2, 3)})
        for name, data in wanted.items():
            path = folder / language / name
            if not path.is_file() or path.read_bytes() != data:
                replace(path, data)
                changed.append(path)
    return changed
