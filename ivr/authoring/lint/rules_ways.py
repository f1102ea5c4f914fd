"""Rules about the ways between parts."""

from __future__ import annotations

from collections.abc import Iterator

from ivr.authoring.lint.reading import Reading
from ivr.authoring.lint.rule import Finding, error, warning
from ivr.authoring.lint.ways import (
    GLOBAL,
    KEYS,
    MISSED,
    NEXT,
    OPTION,
    WAITED,
    Ways,
    closure,
    cycles,
    knots,
    reverse,
    shadowed_cases,
)
from ivr.dialogue.tree import BACK, BranchPart, FormPart, MenuPart, TransferPart


@warning(whole=True)
def unreachable_part(reading: Reading) -> Iterator[Finding]:
    """A part that no caller can get to.

    Somebody wrote it to be heard. Most often a `go` or `then` was changed, and what it led to was forgotten.

    Lead a way to the part, or delete it. Parts that only an unreachable part leads to are told together with it.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 这是一条公告。}
          children: {say: 儿童票的规定，请咨询车站。}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
              2: {label: 儿童购票, go: children}
          notice: {say: 这是一条公告。}
          children: {say: 儿童票的规定，请咨询车站。}
    """
    ways = reading.ways
    left = dict.fromkeys(name for name in reading.tree.parts if name not in ways.reachable)
    led_to = {goal for name in left for goal in ways.all[name] if goal != name}
    for name in sorted(left, key=lambda name: name in led_to):  # those that nothing leads to come first
        if name in left:
            behind = [other for other in closure(ways.all, [name]) if other in left and other != name]
            for other in (name, *behind):
                del left[other]
            others = f" (nor to {', '.join(sorted(behind))} behind it)" if behind else ""
            yield (
                *reading.place(name),
                f"no way leads to part '{name}'{others}; lead one there, or delete it",
            )


@error(whole=True)
def endless_loop(reading: Reading) -> Iterator[Finding]:
    """Parts that follow each other in a circle without a key from the caller.

    The caller would hear the same words again and again, or nothing at all, and no key could stop it.
    A queue that is closed or full and leads to itself is such a circle too.

    Put a menu or a form into the circle, or lead one of its parts elsewhere.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 这是一条公告。, then: more}
          more: {say: 以下再次播报。, then: notice}

    Good:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 这是一条公告。, then: more}
          more:
            menu:
              1: {label: 再听一遍, go: notice}
              2: {label: 返回主菜单, go: main}
    """
    for cycle in cycles(reading.ways.graph(NEXT)):
        circle = " → ".join([*cycle, cycle[0]])
        message = f"{circle} goes round without a key from the caller; put a menu between, or lead out of it"
        yield (*reading.place(cycle[0]), message)


@warning(whole=True)
def dead_end(reading: Reading) -> Iterator[Finding]:
    """A place where the call ends or stands still, and nobody said so.

    `back` leads to the menu that the caller came from. Where there is none (before the first option of a call,
    and when a queue gives a caller back) it hangs up in silence. And a menu whose keys all lead to itself
    is a room without a door.

    Say what follows: `then: main`, or `then: hangup` when the call shall end there. Give the menu an option that
    leads on.

    Bad:

        start: greeting
        parts:
          greeting: {say: 您好，欢迎致电。}

    Good:

        start: greeting
        parts:
          greeting: {say: 您好，欢迎致电。, then: hangup}
    """
    ways = reading.ways
    for name, part in reading.tree.parts.items():
        lonely = name in ways.without_way_back or (isinstance(part, TransferPart) and name in ways.reachable)
        if lonely and any(way.goal == BACK and way.how != GLOBAL for way in ways.of[name]):
            message = (
                f"after '{name}' there may be no menu to go back to, and the call ends; say what follows"
            )
            yield (*reading.place(name), message)
        elif isinstance(part, MenuPart) and _stands_still(ways, name):
            yield (*reading.place(name), f"every key of menu '{name}' leads to itself; let one lead on")


def _stands_still(ways: Ways, menu: str) -> bool:
    goals = {way.goal for way in ways.of[menu] if way.how in (OPTION, KEYS, GLOBAL)}
    if menu not in ways.below_an_option:
        goals.discard(BACK)
    return goals <= {menu}


@error(whole=True)
def no_agent(reading: Reading) -> Iterator[Finding]:
    """A menu or form from which the caller can never come to an agent.

    Whoever is lost in a voice menu must be able to get out of it to a person. The rule looks at every way that
    keys, answers and misses open. A tree that has no transfer at all is left alone: there nobody is waiting.

    Let key 0 lead to the agents everywhere (`defaults: keys: {"0": agent}`), or add an option.

    Bad:

        start: time
        parts:
          time:
            branch:
              - {when: {calendar: open}, go: day}
            then: night
          day:
            menu:
              1: {label: 公告, go: notice}
              2: {label: 人工服务, go: agent}
          night:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 今天没有公告。}
          agent:
            transfer: operator

    Good:

        start: time
        defaults:
          keys: {"0": agent}
        parts:
          time:
            branch:
              - {when: {calendar: open}, go: day}
            then: night
          day:
            menu:
              1: {label: 公告, go: notice}
              2: {label: 人工服务, go: agent}
          night:
            menu:
              1: {label: 公告, go: notice}
          notice: {say: 今天没有公告。}
          agent:
            transfer: operator
    """
    tree, ways = reading.tree, reading.ways
    transfers = [name for name, part in tree.parts.items() if isinstance(part, TransferPart)]
    if not transfers:
        return
    by_caller = reverse(ways.graph(NEXT, OPTION, KEYS, GLOBAL, MISSED, WAITED, failed=False))
    good = set(closure(by_caller, transfers))
    asking = [name for name in tree.parts if isinstance(tree.parts[name], (MenuPart, FormPart))]
    open_still = [name for name in asking if name in ways.reachable and name not in good]
    open_still = _without_those_that_go_back(ways, open_still, good)
    for name in open_still:
        message = f"from '{name}' no way leads to an agent; lead key 0 there under defaults, or add an option"
        yield (*reading.place(name), message)


def _without_those_that_go_back(ways: Ways, names: list[str], good: set[str]) -> list[str]:
    """Who can go back from somewhere, and finds an agent from each menu to which that may lead, is fine too."""
    above = {
        name: ways.menus_above(name)
        for name in names
        if name in ways.leading_back and name not in ways.without_way_back
    }
    changed = True
    while changed:
        fine = [name for name in names if name in above and above[name] <= good]
        good.update(fine)
        names = [name for name in names if name not in good]
        changed = bool(fine)
    return names


@warning(whole=True)
def no_way_back(reading: Reading) -> Iterator[Finding]:
    """A menu or form that cannot be left for the menu before it.

    Who pressed the wrong key wants to go back and press another one, not to call again.

    Let `#` lead back everywhere (`defaults: keys: {"#": back}`), or add an option with `go: back`.

    Bad:

        start: main
        parts:
          main:
            menu:
              1: {label: 公告, go: notices}
              2: {label: 儿童购票, go: children}
          notices:
            menu:
              1: {label: 今日公告, go: today}
          today: {say: 今天没有公告。}
          children: {say: 儿童票的规定，请咨询车站。}

    Good:

        start: main
        defaults:
          keys: {"#": back}
        parts:
          main:
            menu:
              1: {label: 公告, go: notices}
              2: {label: 儿童购票, go: children}
          notices:
            menu:
              1: {label: 今日公告, go: today}
          today: {say: 今天没有公告。}
          children: {say: 儿童票的规定，请咨询车站。}
    """
    tree, ways = reading.tree, reading.ways
    asking = {name for name, part in tree.parts.items() if isinstance(part, (MenuPart, FormPart))}
    # Who can come round to another menu or form of the same knot has been led back.
    led_back = ways.leading_back.union(
        name
        for knot in knots(ways.graph(NEXT, OPTION, KEYS, GLOBAL, WAITED))
        if len(knot & asking) > 1
        for name in knot
    )
    stuck = (asking & ways.below_an_option) - led_back
    for name in sorted(stuck):
        if ways.menus_above(name) != {name}:
            message = f"from '{name}' no key leads back; lead # back under defaults, or add an option"
            yield (*reading.place(name), message)


@warning(whole=True)
def shadowed_case(reading: Reading) -> Iterator[Finding]:
    """A case of a branch that is never looked at, since one above it is so whenever it is.

    The first case that is so decides. What the lower one leads to is heard by nobody.

    Put the case with more conditions first, or take one of them away.

    Bad:

        start: which
        parts:
          which:
            branch:
              - {when: {calendar: peak}, go: rush}
              - {when: {calendar: peak, returning: 1d}, go: again_soon}
            then: rush
          rush: {say: 现在来电较多。, then: hangup}
          # ok: unreachable-part
          again_soon: {say: 欢迎再次来电。, then: hangup}

    Good:

        start: which
        parts:
          which:
            branch:
              - {when: {calendar: peak, returning: 1d}, go: again_soon}
              - {when: {calendar: peak}, go: rush}
            then: rush
          rush: {say: 现在来电较多。, then: hangup}
          again_soon: {say: 欢迎再次来电。, then: hangup}
    """
    for name, part in reading.tree.parts.items():
        if isinstance(part, BranchPart):
            for number, before in shadowed_cases(part).items():
                message = f"case {number + 1} is never looked at: case {before + 1} is so whenever it is; put it above"
                yield (*reading.place(name, "branch", str(number)), message)
