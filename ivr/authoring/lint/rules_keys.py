"""Rules about keys and options."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ivr.authoring.lint.offers import Offer, contradicts, offers, same_thing
from ivr.authoring.lint.reading import Place, Reading, at, key_at
from ivr.authoring.lint.rule import Finding, error, warning
from ivr.dialogue.tree import Choice, Field, FormPart, MenuPart, Option, Text


def _verb(menu: MenuPart) -> str:
    return "survey" if menu.survey else "menu"


def _menus(reading: Reading) -> Iterator[tuple[str, MenuPart]]:
    for name, part in reading.tree.parts.items():
        if isinstance(part, MenuPart):
            yield name, part


def _choices(reading: Reading) -> Iterator[tuple[str, Field]]:
    for name, part in reading.tree.parts.items():
        if isinstance(part, FormPart):
            yield from ((name, field) for field in part.fields if field.choices)


def _key_of(reading: Reading, part: str, *path: str) -> Place:
    source, key = reading.places[part]
    return source, key_at(reading.nodes[part], *path) or key


@warning(whole=True)
def too_many_options(reading: Reading) -> Iterator[Finding]:
    """A menu with more options than people keep in mind.

    Callers hear options one after the other and must remember the best one so far. About four things stay in
    mind (Cowan 2001); five options are still well heard. Longer menus are listened to twice.

    Put options together into a menu of their own. A site whose callers know a longer menu by heart says so:
    `check: {options: 9}` at the top of the tree, or `# ok: too-many-options` for one menu.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 余票查询, go: info}
              2: {label: 列车时刻, go: info}
              3: {label: 票价查询, go: info}
              4: {label: 区号查询, go: info}
              5: {label: 儿童购票, go: info}
              6: {label: 证件丢失, go: info}
          info: {say: 请咨询车站。}

    Good:

        start: main
        defaults:
          keys: {"#": back}
        parts:
          main:
            menu:
              1: {label: 余票查询, go: info}
              2: {label: 列车时刻, go: info}
              3: {label: 票价查询, go: info}
              4: {label: 购票规定, go: rules}
          rules:
            menu:
              1: {label: 儿童购票, go: info}
              2: {label: 证件丢失, go: info}
          info: {say: 请咨询车站。}
    """
    most = reading.standards.options
    for name, menu in _menus(reading):
        if len(menu.options) > most:
            message = f"menu '{name}' has {len(menu.options)} options; people keep {most} in mind; give some a menu of their own"
            yield (*reading.place(name), message)


@warning(whole=False)
def duplicate_label(reading: Reading) -> Iterator[Finding]:
    """Two options of one menu, or two choices of one field, with the same name.

    The caller hears the same words with two keys and has to guess.

    Say how they differ.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: today}
              2: {label: 公告, go: tomorrow}
          today: {say: 今天没有公告。}
          tomorrow: {say: 明天没有公告。}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 今日公告, go: today}
              2: {label: 明日公告, go: tomorrow}
          today: {say: 今天没有公告。}
          tomorrow: {say: 明天没有公告。}
    """
    for name, menu in _menus(reading):
        for first, second, label in _same_labels(menu.options):
            message = f"options {first} and {second} are both called '{label}'; say how they differ"
            yield (*reading.place(name, _verb(menu), second, "label"), message)
    for name, field in _choices(reading):
        for first, second, label in _same_labels(field.choices):
            message = f"choices {first} and {second} are both called '{label}'; say how they differ"
            path = ("form", "fields", field.name, "choice", second, "label")
            yield (*reading.place(name, *path), message)


def _same_labels(options: Sequence[Option | Choice]) -> Iterator[tuple[str, str, str]]:
    seen: dict[tuple[str, str], str] = {}
    for option in options:
        for language, label in option.label.items():
            if seen.setdefault((language, label), option.digit) != option.digit:
                yield seen[language, label], option.digit, label
                break


@warning(whole=True)
def key_hidden(reading: Reading) -> Iterator[Finding]:
    """A key 0 of a menu or choice that hides what 0 means everywhere else.

    Callers learn that 0 brings them to a person. Where it does something else they press it in vain.

    Use another key, or let 0 lead where it always leads.

    Bad:

        start: main
        defaults:
          keys: {"0": agent}
        parts:
          main:
            menu:
              1: {label: 人工服务, go: agent}
              0: {label: 公告, go: notice}
          notice: {say: 这是一条公告。}
          agent:
            transfer: operator

    Good:

        start: main
        defaults:
          keys: {"0": agent}
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
              0: {label: 人工服务, go: agent}
          notice: {say: 这是一条公告。}
          agent:
            transfer: operator
    """
    meanings = reading.tree.keys
    for name, menu in _menus(reading):
        own = reading.tree.keys_of(menu)
        for option in menu.options:
            meaning = own.get(option.digit, option.go)
            if meaning != option.go:
                place = _key_of(reading, name, _verb(menu), option.digit)
                yield (*place, f"key {option.digit} means '{meaning}' everywhere else; use another key here")
    for name, field in _choices(reading):
        for choice in field.choices:
            if choice.digit in meanings:
                place = _key_of(reading, name, "form", "fields", field.name, "choice", choice.digit)
                message = f"key {choice.digit} means '{meanings[choice.digit]}' everywhere else; use another key here"
                yield (*place, message)


@warning(whole=True)
def option_order(reading: Reading) -> Iterator[Finding]:
    """Options that are not read in the order of their keys, or that leave a key out.

    Callers count along. They expect 1, 2, 3 and what stands on 0 at the end; who has heard 1, 2 and 4 thinks
    that 3 was missed and listens again.

    Put the options in order and close the gap.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 今日公告, go: notice}
              3: {label: 明日公告, go: notice}
          notice: {say: 没有公告。}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 今日公告, go: notice}
              2: {label: 明日公告, go: notice}
          notice: {say: 没有公告。}
    """
    for name, menu in _menus(reading):
        if menu.survey:  # the best answer may come first
            continue
        digits = [option.digit for option in menu.options]
        counted = [digit for digit in digits if digit != "0"]
        expected = [str(n) for n in range(1, len(counted) + 1)] + digits[len(counted) :]
        wrong = [had for had, want in zip(digits, expected, strict=True) if had != want]
        if wrong:
            message = (
                f"menu '{name}' reads its keys as {' '.join(digits)}; count from 1 without a gap, 0 last"
            )
            yield (*_key_of(reading, name, "menu", wrong[0]), message)


#: Seconds that callers need to find a key on the phone at their ear, and from one key to the next.
LEAST_WAIT_S, LEAST_BETWEEN_KEYS_S = 3.0, 2.0


@warning(whole=True)
def wait_too_short(reading: Reading) -> Iterator[Finding]:
    """So short a wait for a key that slow callers are taken for silent ones.

    They have to take the phone from the ear, find the key and press it. Below 3 seconds for the first key, or 2 between
    two keys, the hotline interrupts people who are doing what they were asked to.

    Wait longer; the defaults (5s and 3s) suit most callers.

    Bad:

        start: main
        defaults:
          wait: 1s
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 没有公告。}

    Good:

        start: main
        defaults:
          wait: 6s
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 没有公告。}
    """
    tree = reading.tree
    for key, seconds, least in (
        ("wait", tree.first_wait_s, LEAST_WAIT_S),
        ("between_keys", tree.next_wait_s, LEAST_BETWEEN_KEYS_S),
    ):
        if seconds < least:
            yield (
                *reading.top("defaults", key),
                f"{key} is {seconds:g}s; slow callers need {least:g}s or more",
            )


@error(whole=True)
def label_key_mismatch(reading: Reading) -> Iterator[Finding]:
    """A free text that offers a key which the menu does not have, or has for something else.

    What is said and what a key does must not disagree. The list of a menu is made from its options; this
    rule holds `intro`, `outro` and the sentences after a miss against them: 请按… and “press …”.

    Correct the key or the words; better, let the option speak for itself.

    Bad:

        start: main
        defaults:
          keys: {"*": repeat}
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
            outro: 返回上一级请按星号键。
          notice: {say: 没有公告。}

    Good:

        start: main
        defaults:
          keys: {"*": repeat}
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
            outro: 重听请按星号键。
          notice: {say: 没有公告。}
    """
    for name, menu in _menus(reading):
        labels = {option.digit: option.label for option in menu.options}
        texts: list[tuple[tuple[str, ...], Text | None]] = [
            (("intro",), menu.intro),
            (("outro",), menu.outro),
        ]
        for kind in ("no_input", "no_match"):
            if at(reading.nodes[name], kind, "say") is not None:  # the menu's own, not the tree's
                texts += [((kind, "say"), text) for text in getattr(menu.tries, kind).say]
        for path, text in texts:
            for message in _mismatches(reading.tree.keys_of(menu), labels, text or {}):
                yield (*reading.place(name, *path), message)
    for name, field in _choices(reading):
        labels = {choice.digit: choice.label for choice in field.choices}
        for message in _mismatches(reading.tree.keys, labels, field.prompt):
            yield (*reading.place(name, "form", "fields", field.name, "prompt"), message)


def _mismatches(keys: Mapping[str, str], labels: Mapping[str, Text], text: Text) -> Iterator[str]:
    for language, words in text.items():
        for offer in offers(re.sub(r"\{[^{}]*\}", " ", words), language):
            yield from _mismatch(keys, labels, offer, language)


def _mismatch(
    keys: Mapping[str, str], labels: Mapping[str, Text], offer: Offer, language: str
) -> Iterator[str]:
    label = labels.get(offer.key, {}).get(language, "")
    if label:
        if offer.what and not same_thing(offer.what, label, language):
            yield f"'{offer.said}': key {offer.key} is '{label}' here"
    elif offer.key not in keys:
        yield f"'{offer.said}': there is no key {offer.key} here"
    elif contradicts(offer.what, keys[offer.key]):
        yield f"'{offer.said}': key {offer.key} means '{keys[offer.key]}'"
