"""The figures of the queues once more, straight from the lines of a log, by nothing of the product.

It is written to be read, not to be fast: a call is the list of its lines, an agent's ready time is a set of seconds.
What each figure means is taken from docs/statistics.md, and so are the rules of the hard cases.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timezone
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

GONE = {"ABANDON": "abandoned", "EXITWITHTIMEOUT": "timed_out", "EXITEMPTY": "left_empty", "EXITWITHKEY": "left_by_key", "WITHDRAW": "withdrawn"}  # fmt: skip
REFUSED = {"FULL": "refused_full", "JOINEMPTY": "refused_empty"}
TALK_OVER = ("COMPLETECALLER", "COMPLETEAGENT", "BLINDTRANSFER", "TRANSFER", "ATTENDEDTRANSFER")
OUTCOMES = ("answered", *GONE.values(), *REFUSED.values(), "callback", "lost", "waiting")
OF_QUEUE = (*GONE, *REFUSED, *TALK_OVER, "ENTERQUEUE", "AGENTANSWER", "CONNECT", "RINGNOANSWER", "RINGCANCELED", "AGENTDUMP", "SYSCOMPAT", "CALLERSTAYS", "SURVEYASKED", "SURVEYSCORE")  # fmt: skip
Line = tuple[int, str, str, str, str, list[str]]


def lines_of(log: bytes) -> list[Line]:
    """(epoch, call, queue, agent, event, data) of each line that is one."""
    found = []
    for raw in log.split(b"\n"):
        fields = raw.decode("utf-8", "replace").split("|")
        if len(fields) >= 5 and fields[0].isdigit():
            found.append((int(fields[0]), *fields[1:5], fields[5:]))
    return found  # type: ignore[return-value]


def seconds(data: list[str], at: int) -> int | None:
    text = data[at] if -len(data) <= at < len(data) else ""
    return int(text) if text.isascii() and text.isdigit() else None


def going_on(entry: dict[str, Any]) -> bool:
    """Whether the caller has waited for one agent in vain, and waits for all now."""
    return entry["outcome"] == "waiting" and entry["before"] is not None


def whole(entry: dict[str, Any], told: int | None) -> int | None:
    """The whole wait, with that for the one agent."""
    return None if told is None else told + (entry["before"] or 0)


def thousandths(moment: str) -> int:
    whole, _, part = moment.partition(".")
    return int(whole) * 1000 + int(part.ljust(3, "0")[:3])


def held_until(entry: dict[str, Any], moment: int) -> None:
    if entry["held"] is not None:
        entry["held_ms"] = (entry["held_ms"] or 0) + max(0, moment - entry["held"])
        entry["held"] = None


def area(number: str) -> str | None:
    """Of numbers as the logs have them: eleven digits of a mobile phone, or an area code with a landline."""
    if len(number) == 11 and number[0] == "1" and number[1] in "3456789":
        return "mobile"
    for code in (3, 4):
        short = number[:2] == "02" or number[:3] == "010"
        if number[:1] == "0" and short == (code == 3) and len(number) - code in (7, 8):
            return number[:code]
    return None


@lru_cache(1)
def entries_of(log: bytes) -> list[dict[str, Any]]:  # noqa: C901 (one rule after the other, to be read)
    """One for each try of a caller to get into a queue: what became of it."""
    entries: list[dict[str, Any]] = []
    by_call: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
    asked: dict[str, tuple[str, str]] = {}  # call → menu part and skill of its last transfer
    legs: set[str] = set()
    for at, call, queue, agent, event, data in lines_of(log):
        mine = by_call[call] if call != "NONE" else []
        if queue == "again" and event in OF_QUEUE:  # the caller waits for one agent
            if event == "ENTERQUEUE" and data and ":" in data[0] and all(data[0].split(":", 1)):
                queue, known = data[0].split(":", 1)[0], True
            else:
                firsts = [one for one in mine if one["known"]]
                if not firsts or event == "ENTERQUEUE" or event in REFUSED or going_on(firsts[-1]):
                    continue
                queue = firsts[-1]["queue"]
                if event in ("EXITWITHTIMEOUT", "EXITEMPTY"):
                    if firsts[-1]["outcome"] == "waiting":
                        firsts[-1] |= {"before": seconds(data, 2) or 0, "wait": None, "taken": None}
                    continue
        else:
            known = False
        waiting = [one for one in mine if one["outcome"] == "waiting" and one["queue"] == queue]
        if event == "QUEUESTART":
            for one in entries:
                if one["outcome"] == "waiting":
                    one["outcome"] = "lost"
                one["talking"] = False
        elif event == "LEGBEGIN" and call != "NONE" and data[1] in ("blind", "direct"):
            legs.add(data[0])
        elif call == "NONE":
            continue
        elif (
            event == "ENTERQUEUE"
            and not known
            and any(going_on(one) and one["queue"] == queue for one in mine)
        ):
            pass  # it goes on for all agents
        elif event in REFUSED and any(going_on(one) and one["queue"] == queue for one in mine):
            one = next(one for one in mine if going_on(one) and one["queue"] == queue)
            one |= {"outcome": REFUSED[event], "wait": one["before"]}
        elif event == "ENTERQUEUE" or event in REFUSED:
            one = {"queue": queue, "at": at, "outcome": REFUSED.get(event, "waiting"), "agent": None, "wait": None, "talk": None, "talking": False, "taken": None,
                   "channel": "", "held": None, "held_ms": None, "hold": None, "number": data[1] if event == "ENTERQUEUE" and len(data) > 1 else "",
                   "option": asked.get(call, ("", ""))[0], "skill": asked.get(call, ("", ""))[1], "asked": False, "score": None, "known": known, "before": None}  # fmt: skip
            one["wait"] = 0 if event in REFUSED else None
            mine.append(one)
            entries.append(one)
        elif event == "OPTION":
            asked[call] = (data[0] if data else "", data[1] if len(data) > 1 else "")
        elif event in ("HOLD", "UNHOLD") and data[0] not in legs:
            for one in [one for one in mine if one["talking"] and one["channel"] == data[0]][:1]:
                if event == "UNHOLD":
                    held_until(one, thousandths(data[1]))
                elif one["held"] is None:
                    one["held"] = thousandths(data[1])
        elif event in GONE and waiting:
            waiting[-1]["outcome"] = GONE[event]
            waiting[-1]["wait"] = whole(waiting[-1], seconds(data, 3 if event == "EXITWITHKEY" else 2))
        elif event == "AGENTANSWER" and waiting:
            waiting[-1]["taken"] = (agent, max(0, at - waiting[-1]["at"]))
        elif event in ("RINGNOANSWER", "RINGCANCELED", "AGENTDUMP", "SYSCOMPAT") and waiting:
            waiting[-1]["taken"] = None
        elif event == "CONNECT" and waiting:
            one, told = waiting[-1], whole(waiting[-1], seconds(data, 0))
            one |= {"outcome": "answered", "agent": agent, "wait": told, "talking": True}
            one["channel"] = data[1] if len(data) > 1 else ""
            if one["taken"] and one["taken"][0] == agent:
                waits = [wait for wait in (one["taken"][1], told) if wait is not None]
                one["wait"] = min(waits)
        elif event in TALK_OVER:
            for one in mine:
                if one["talking"] and (one["queue"], one["agent"]) == (queue, agent):
                    place = 1 if event.startswith("COMPLETE") else -2
                    talk, told = seconds(data, place), whole(one, seconds(data, place - 1))
                    if talk is not None and told is not None and one["wait"] is not None:
                        talk += max(0, told - one["wait"])  # the greeting
                    held_until(one, at * 1000)
                    if one["held_ms"] is not None and talk is not None:
                        one["hold"] = min(round(one["held_ms"] / 1000), talk)
                        talk -= one["hold"]
                    one |= {"talk": talk, "talking": False}
                    break
        elif event == "CONSULTATION" and not (data and data[0]):
            for one in mine:
                if one["outcome"] == "abandoned":
                    one["outcome"] = "withdrawn"
        elif event == "CALLBACK":
            over = [one for one in mine if one["outcome"] not in ("waiting", "answered")]
            if not mine or (over and "callback" not in [one["outcome"] for one in mine]):
                if not over:
                    over = [{"queue": queue, "at": at, "agent": None, "wait": 0, "talk": None, "talking": False, "taken": None}]  # fmt: skip
                    mine += over
                    entries += over
                over[-1]["outcome"] = "callback"
        elif event == "CALLEND":
            for one in mine:
                if one["outcome"] == "waiting":
                    one["outcome"] = "lost"
        elif event.startswith("SURVEY"):
            talks = [one for one in mine if one["outcome"] == "answered" and one["queue"] == queue]
            scored = (
                data[0] if event == "SURVEYSCORE" and data and data[0] in ("1", "2", "3", "4", "5") else None
            )
            if talks and (event == "SURVEYASKED" or scored):
                talks[-1]["asked"] = True
                talks[-1]["score"] = talks[-1]["score"] or (int(scored) if scored else None)
    held = [one for call, mine in by_call.items() if call.startswith("callback-") for one in mine]
    return [one for one in entries if not any(one is other for other in held)]


def legs_of(log: bytes) -> dict[str, tuple[str, str, int | None, int | None, int | None]]:
    """Leg → its call, kind, and seconds of consultation, talk and hold, of a log in which each line comes once."""
    lines = lines_of(log)
    legs = {}
    for at, (_, call, _, _, event, data) in enumerate(lines):
        if event != "LEGBEGIN":
            continue
        rest = lines[at:]
        restart = next((n for n, one in enumerate(rest) if one[4] == "QUEUESTART"), len(rest))
        ends = [(one[1], one[5][1]) for one in rest[:restart] if one[4] == "LEGEND" and one[5][0] == data[0]]
        if not ends:
            legs[data[0]] = (call, data[1], None, None, None)
            continue
        of, end = ends[0]
        began, over = thousandths(data[4]), thousandths(end)
        handed_over = [one[0] * 1000 for one in lines if one[1] == of and one[4] == "ATTENDEDTRANSFER"]
        since = max([began, *(moment for moment in handed_over if moment <= over)]) if of != call else began
        legs[data[0]] = (
            of,
            data[1] if of == call else "attended",
            None if of == call else round((since - began) / 1000),
            round((over - since) / 1000),
            None,
        )
    return legs


@lru_cache(1)
def ready_of(log: bytes, until: int) -> dict[tuple[str, str], set[int]]:  # noqa: C901
    """(agent, queue) → the seconds in which the agent was signed in there and not paused. Asterisk keeps its members."""
    signed_in: dict[tuple[str, str], int] = {}
    paused: dict[tuple[str, str], tuple[int, str]] = {}
    there: defaultdict[tuple[str, str], set[int]] = defaultdict(set)
    away: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def pause(who: tuple[str, str], at: int, reason: str) -> None:
        if who in paused and paused[who][1] == reason:
            return
        back(who, at)
        paused[who] = (at, reason)

    def back(who: tuple[str, str], at: int) -> None:
        if who in paused:
            away[who] |= set(range(paused.pop(who)[0], min(at, until)))

    def leave(who: tuple[str, str], at: int) -> None:
        if who in signed_in:
            there[who] |= set(range(signed_in.pop(who), min(at, until)))

    for at, _, queue, agent, event, data in lines_of(log):
        who = (agent, queue)
        reason = data[0] if data else ""
        if agent == "NONE" or queue == "again":
            continue
        if event == "ADDMEMBER" and who not in signed_in:
            signed_in[who] = at
            if reason == "PAUSED":
                pause(who, at, "")
        elif event == "REMOVEMEMBER":
            leave(who, at)
            back(who, at)
        elif event == "PAUSE":
            pause(who, at, reason)
        elif event == "UNPAUSE":
            back(who, at)
        elif event == "PAUSEALL":
            for other in [other for other in signed_in if other[0] == agent]:
                pause(other, at, reason)
        elif event == "UNPAUSEALL":
            for other in [other for other in paused if other[0] == agent]:
                back(other, at)
    for who in list(signed_in):
        leave(who, until)
    for who in list(paused):
        back(who, until)
    return {who: there[who] - away[who] for who in there}


def figures(
    log: bytes, by: str, *, zone: ZoneInfo, threshold: int, short: int, until: int
) -> dict[Any, dict[str, Any]]:
    """Group → all figures of the design's section 6, of a log of ordinary days. ``until``: the epoch at which it is asked."""
    groups: defaultdict[Any, list[dict[str, Any]]] = defaultdict(list)
    for entry in entries_of(log):
        local = datetime.fromtimestamp(entry["at"], timezone.utc).astimezone(zone)
        name = {
            "queue": entry["queue"],
            "option": entry["option"] or None,
            "skill": entry["skill"] or None,
            "area": area(entry["number"]),
            "agent": entry["agent"],
            "day": local.strftime("%Y-%m-%d"),
            "week": local.strftime("%G-W%V"),
            "hour": datetime.fromtimestamp(entry["at"] - local.minute * 60 - local.second, zone).isoformat(),
        }[by]
        groups[name].append(entry)
    ready = ready_of(log, until)
    if by == "agent":
        for agent, _ in ready:
            groups[agent] = groups.get(agent, [])
    return {name: _row(some, by, name, ready, threshold, short) for name, some in groups.items()}


def _row(
    entries: list[dict[str, Any]],
    by: str,
    name: Any,
    ready: dict[tuple[str, str], set[int]],
    threshold: int,
    short: int,
) -> dict[str, Any]:
    row: dict[str, Any] = {
        outcome: len([e for e in entries if e["outcome"] == outcome]) for outcome in OUTCOMES
    }
    offered = row["offered"] = len(entries)
    answered = [e["wait"] for e in entries if e["outcome"] == "answered" and e["wait"] is not None]
    abandoned = [e["wait"] for e in entries if e["outcome"] == "abandoned" and e["wait"] is not None]
    talks = [e["talk"] for e in entries if e["outcome"] == "answered" and e["talk"] is not None]
    soon = len([wait for wait in answered if wait <= threshold])
    brief = row["abandoned_short"] = len([wait for wait in abandoned if wait <= short])
    row["answer_rate"] = _part(row["answered"], offered)
    row["answer_rate_adjusted"] = _part(row["answered"], offered - brief)
    row["answered_in_time"] = soon
    row["service_level"] = _part(soon, row["answered"])
    row["service_level_offered"] = _part(soon, offered - brief)
    row["asa_s"], row["average_abandon_s"], row["talk_s"] = _mean(answered), _mean(abandoned), _mean(talks)
    row["longest_wait_s"] = max((e["wait"] for e in entries if e["wait"] is not None), default=None)
    scores = [e["score"] for e in entries if e["score"] is not None]
    row["survey_asked"], row["survey_answered"] = len([e for e in entries if e["asked"]]), len(scores)
    row["survey_rate"] = _part(len(scores), row["survey_asked"])
    row["survey_mean"] = None if not scores else round(sum(scores) / len(scores), 2)
    holds = [e["hold"] for e in entries if e["outcome"] == "answered" and e["hold"] is not None]
    row["wrapup_s"] = None
    row["hold_s"] = None if not holds else round(sum(holds) / len(talks), 1)
    row["aht_s"] = None if not talks else round(sum(talks) / len(talks) + sum(holds) / len(talks), 1)
    row["standard"] = 0.85
    row["standard_met"] = None if not offered else row["answered"] / offered >= 0.85
    row["occupancy"] = None
    if by in ("queue", "agent") and name is not None:
        agents = {agent for agent, _ in ready}
        spans = [
            len(set().union(*(spent for who, spent in ready.items() if who[0] == agent and name in who)))
            for agent in agents
        ]
        row["occupancy"] = _part(sum(talks) + sum(holds), sum(spans))
    return row


def _part(some: int, whole: int) -> float | None:
    return None if whole <= 0 else round(some / whole, 4)


def _mean(numbers: list[int]) -> float | None:
    return None if not numbers else round(sum(numbers) / len(numbers), 1)
