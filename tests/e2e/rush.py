"""Sixty agents, a hundred and twenty callers at once, for five minutes: ``make rush``.

SIPp's phones act by themselves and write down what became of each call. In the middle Asterisk is killed, then our programs
are. At the end each call's account is held against its rows in SQL, and the sums against ``ivr queue stats``. Exit code 1 when a
call is not accounted for.

Callers dial, press 9 and wait: most until they are served, some only for a while. Of the seats most answer and talk, some hand
every caller over to another queue, some reject, some let it ring; agents go on breaks and come back.
"""

from __future__ import annotations

import itertools
import os
import random
import re
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy import select

from ivr.commands.table import table
from ivr.store.database import open_engine, reading
from ivr.store.models.acd import QueueEntry
from ivr.store.secrets import use_key
from tests.e2e.hotline import Line, missing, running
from tests.e2e.sipp import _OK, Sipp, _request, _scenario, _send, _sound, free_port, register
from tests.e2e.waits import wait_for

FIRST_SEAT = 1001
#: Who answers within this much of the greeting has not talked yet: the caller may still be one who gave up.
GREETING_S = 12.0
#: Every so many seats: hand over, reject, let it ring. The others talk.
KINDS = {7: "hands_over", 11: "rejects", 13: "rings"}
#: Of the callers who are there at once, the share that waits only for ``GIVES_UP_S``.
IMPATIENT, GIVES_UP_S, PATIENT_S = 0.2, 12, 400
#: Callers look so often whether Asterisk still knows them.
LOOK_S = 10


def log(words: str) -> str:
    return f'<nop><action><log message="[timestamp] {words}"/></action></nop>'


def caller_scenario(patience_s: int) -> str:
    """Dial, press 9 after some seconds, wait."""
    at = "sip:12306@[remote_ip]:[remote_port]"
    refusals = "".join(
        f'<recv response="{code}" optional="true" next="refused"/>' for code in (404, 486, 500, 503)
    )
    info = _request("INFO", "[next_url]", "[field0]", "To:[$to]", 2)
    bye = _request("BYE", "[next_url]", "[field0]", "To:[$to]", 900)
    return _scenario(
        "caller",
        [
            _send(_request("INVITE", at, "[field0]", f"To: <{at}>", 1), _sound("alaw", events=True), attributes='retrans="500"'),
            "".join(f'<recv response="{code}" optional="true"/>' for code in (100, 180, 183)) + refusals,
            '<recv response="200" rrs="true" timeout="30000" ontimeout="lost"><action>'
            '<ereg regexp=".*" search_in="hdr" header="To:" assign_to="to"/></action></recv>',
            _send(_request("ACK", "[next_url]", "[field0]", "[last_To:]", 1)),
            '<recv request="BYE" timeout="3000" ontimeout="press" next="theirs"/><label id="press"/>',
            _send(info, "Signal=9\nDuration=120", kind="application/dtmf-relay", attributes='retrans="500"'),
            '<recv request="BYE" optional="true" next="theirs"/>'
            '<recv response="481" optional="true" next="gone"/><recv response="200" timeout="9000" ontimeout="gone"/>',
            *(still_there(n, min(LOOK_S, patience_s)) for n in range(max(1, patience_s // LOOK_S))),
            '<label id="ours"/>' + _send(bye, attributes='retrans="500"'),
            '<recv request="BYE" optional="true" next="theirs"/><recv response="481" optional="true" next="gone"/>',
            '<recv response="200" timeout="9000" ontimeout="gone"/>' + log("[field0] hung_up") + '<nop next="end"/>',
            '<label id="theirs"/>' + _OK + log("[field0] served") + '<nop next="end"/>',
            '<label id="refused"/>' + _send(_request("ACK", at, "[field0]", "[last_To:]", 1)),
            log("[field0] refused") + '<nop next="end"/>',
            '<label id="gone"/>' + log("[field0] gone") + '<nop next="end"/>',
            '<label id="lost"/>' + log("[field0] unanswered") + '<label id="end"/>',
        ],
    )  # fmt: skip


def still_there(n: int, seconds: int) -> str:
    """Wait for BYE, then ask whether Asterisk still knows of the call, with an INFO that says nothing."""
    info = _request("INFO", "[next_url]", "[field0]", "To:[$to]", 10 + n)
    return (
        f'<recv request="BYE" timeout="{seconds * 1000}" ontimeout="look{n}" next="theirs"/><label id="look{n}"/>'
        + _send(info, attributes='retrans="500"')
        + '<recv request="BYE" optional="true" next="theirs"/>'
        + f'<recv response="200" optional="true" next="there{n}"/>'
        + f'<recv response="481" timeout="9000" ontimeout="gone" next="gone"/><label id="there{n}"/>'
    )


def seat_scenario(kind: str, talk_s: float) -> str:
    """Answer and talk, hand over to tickets, reject, or ring and ring."""
    tagged = "[last_Via:]\n[last_From:]\n[last_To:];tag=[pid]S[call_number]\n[last_Call-ID:]\n[last_CSeq:]\n"
    mine = "Contact: <sip:seat@[local_ip]:[local_port]>\n"
    saved = "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{name}:" assign_to="{name.lower()}"/>' for name in ("Via", "From", "CSeq")
    )  # fmt: skip
    number = '<ereg regexp="sip:([^@]*)@" search_in="hdr" header="From:" assign_to="all,number"/>'
    kept = "Via:[$via]\nFrom:[$from]\nTo: <sip:seat@[local_ip]>;tag=[pid]S[call_number]\nCall-ID: [call_id]\nCSeq:[$cseq]\n"
    parts = [f'<recv request="INVITE" rrs="true"><action>{saved}{number}</action></recv>']
    if kind == "rejects":  # every second call, by chance
        parts.append('<nop chance="0.5" next="takes"/>')
        parts.append(_send(f"SIP/2.0 486 Busy Here\n{tagged}") + '<recv request="ACK"/>')
        parts.append(log("[$number] rejected") + '<nop next="end"/><label id="takes"/>')
    parts.append(_send(f"SIP/2.0 180 Ringing\n{tagged}{mine}"))
    answers = "" if kind == "rings" else ' timeout="400" ontimeout="answer"'
    parts.append(f'<recv request="CANCEL"{answers}/>{_OK}')
    parts.append(_send(f"SIP/2.0 487 Request Terminated\n{kept}") + '<recv request="ACK" next="end"/>')
    parts.append('<label id="answer"/>')
    parts.append(
        _send(f"SIP/2.0 200 OK\n{kept}{mine}", _sound("alaw", events=True), attributes='retrans="500"')
    )
    parts.append(
        '<recv request="CANCEL" optional="true" next="late"/><recv request="ACK" timeout="9000" ontimeout="end"/>'
    )
    parts.append(log("[$number] answered"))
    parts.append(
        f'<recv request="BYE" timeout="{round(talk_s * 1000)}" ontimeout="ours"/>{_OK}{log("[$number] left")}'
    )
    parts.append(f'<nop next="end"/><label id="late"/>{_OK}<nop next="end"/><label id="ours"/>')

    def ours(method: str, more: str = "") -> str:
        head = (
            f"{method} [next_url] SIP/2.0\nVia: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]\n"
        )
        head += "From: <sip:seat@[local_ip]>;tag=[pid]S[call_number]\nTo:[$from]\nCall-ID: [call_id]\n"
        return _send(f"{head}CSeq: 2 {method}\nMax-Forwards: 70\n{more}", attributes='retrans="500"')

    gone = '<recv response="481" optional="true" next="end"/>'
    if kind == "hands_over":
        parts.append(ours("REFER", f"{mine}Refer-To: <sip:*61@[remote_ip]:[remote_port]>\n"))
        parts.append(f'{gone}<recv request="BYE" optional="true" next="left"/>')
        parts.append('<recv response="202" timeout="9000" ontimeout="end"/>' + log("[$number] handed_over"))
        for n in range(4):  # told how it goes, until nothing more is told: then the phone ends its call
            parts.append(f'<recv request="NOTIFY" optional="true" next="notified{n}"/>')
            parts.append(f'<recv request="BYE" timeout="2000" ontimeout="bye"/>{_OK}<nop next="end"/>')
            parts.append(f'<label id="notified{n}"/>{_OK}')
        parts.append('<label id="bye"/>' + ours("BYE").replace("CSeq: 2", "CSeq: 3") + gone)
        parts.append('<recv response="200" timeout="9000" ontimeout="end"/><nop next="end"/>')
    else:
        parts.append(ours("BYE") + f'{gone}<recv request="BYE" optional="true" next="left"/>')
        parts.append('<recv response="200" timeout="9000" ontimeout="end"/>' + log("[$number] done"))
        parts.append('<nop next="end"/>')
    parts.append(f'<label id="left"/>{_OK}{log("[$number] left")}<label id="end"/>')
    return _scenario("seat", [*parts, '<Reference variables="all"/>'])


@dataclass
class Account:
    """What SIPp says of one caller. ``answers``: (began, ended) of each talk with a seat; ``end`` of the call itself."""

    end: str = ""
    at: float = 0.0
    answers: list[list[float]] = field(default_factory=list)


def events(file: Path) -> Iterator[tuple[float, str, str]]:
    """(moment, caller, what) of a phone's log."""
    if file.exists():
        for text in file.read_text().splitlines():
            found = re.search(r"(\d+\.\d+) (\d+) (\w+)$", text)
            if found:
                yield float(found[1]), found[2], found[3]


def accounts(folder: Path) -> dict[str, Account]:
    """Caller → account, of all phones' logs."""
    found: defaultdict[str, Account] = defaultdict(Account)
    for file in folder.glob("caller*/log"):
        for at, number, what in events(file):
            found[number].end, found[number].at = what, at
    for file in folder.glob("seat*/log"):
        for at, number, what in events(file):
            if number not in found:
                found[number].end = "unfinished"
            if what == "answered":
                found[number].answers.append([at, 0.0])
            elif what in ("done", "left", "handed_over") and found[number].answers:
                found[number].answers[-1][1] = at
    for account in found.values():
        account.answers.sort()
    return found


class Rush:
    """The phones of one run."""

    def __init__(self, line: Line, agents: int, callers: int, seconds: int) -> None:
        self.line, self.agents, self.callers, self.seconds = line, agents, callers, seconds
        self.seats = [str(FIRST_SEAT + n) for n in range(agents)]
        self.ports: dict[str, int] = {}
        self.phones: list[Sipp] = []
        self.callers_phones: list[Sipp] = []
        self.random = random.Random(7)

    def phone(self, name: str, scenario: str, *options: str, port: int = 0) -> Sipp:
        folder = self.line.folder / name
        folder.mkdir(parents=True)
        made = Sipp(
            folder, self.line.at, scenario, name, port=port, calls=100_000, traced=False, longest_s=self.seconds + 900,
            options=["-trace_err", "-error_file", str(folder / "errors"), "-trace_logs", "-log_file", str(folder / "log"), *options],
        )  # fmt: skip
        self.line.phones.append(made)
        return made

    def register(self, seat: str) -> None:
        folder = self.line.folder / f"register{seat}-{time.monotonic_ns()}"
        folder.mkdir(parents=True)
        port = self.ports[seat]
        contact = f"127.0.0.1:{port}"
        status = register(folder, self.line.at, seat, self.line.secret(seat), contact=contact)
        assert status == 200, (seat, status)

    def sign_in(self) -> None:
        staff = "".join(f"{2000 + n},,4711,{'tickets:1' if n % 3 == 0 else ''}\n" for n in range(self.agents))
        file = self.line.settings.home / "staff.csv"
        file.write_text(f"staff,name,pin,skills\n{staff}")
        self.line.cli("agent", "import", str(file))
        for n, seat in enumerate(self.seats):
            kind = next((kind for every, kind in KINDS.items() if n % every == every - 1), "talks")
            talk_s = 9.0 if kind == "hands_over" else self.random.uniform(12, 30)
            self.ports[seat] = free_port()
            self.phones.append(self.phone(f"seat{seat}", seat_scenario(kind, talk_s), port=self.ports[seat]))
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(self.register, self.seats))
        for n, seat in enumerate(self.seats):  # RosterKeeper brings the skills' queues
            self.line.console(f"queue add member PJSIP/{seat} to operator penalty 1 as {2000 + n}")
            if n % 3 == 0:
                self.line.console(f"queue add member PJSIP/{seat} to tickets penalty 1 as {2000 + n}")

    def call(self) -> None:
        impatient = max(1, round(self.callers * IMPATIENT))
        for name, patience_s, at_once in (
            ("callers", PATIENT_S, self.callers - impatient),
            ("callers_who_give_up", GIVES_UP_S, impatient),
        ):
            file = self.line.folder / f"{name}.csv"
            first = 13900000000 if name == "callers" else 13700000000
            file.write_text("SEQUENTIAL\n" + "".join(f"{first + n}\n" for n in range(20_000)))
            options = ("-inf", str(file), "-l", str(at_once), "-r", str(max(1, at_once // 12)))
            self.callers_phones.append(self.phone(name, caller_scenario(patience_s), *options))

    def breaks(self, until: float) -> None:
        """Agents go on breaks and come back."""
        for n in itertools.count():
            if time.monotonic() > until:
                return
            seat = self.random.choice(self.seats)
            self.line.console(f"queue pause member PJSIP/{seat} reason 小休")
            time.sleep(self.random.uniform(1, 3))
            self.line.console(f"queue unpause member PJSIP/{seat}")
            if n % 10 == 9:
                say(f"{len(self.line.channels())} channels, load {os.getloadavg()[0]:.1f}")

    def run(self) -> None:
        self.sign_in()
        self.call()
        begun = time.monotonic()
        say(f"{self.callers} callers at once, {self.agents} agents")
        self.breaks(begun + self.seconds * 0.4)
        self.kill(f"-C {self.line.asterisk.conf}")
        wait_for(self.answers, "Asterisk is back", 60)
        self.breaks(begun + self.seconds * 0.7)
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(self.register, self.seats))  # phones do so every few minutes
        self.kill("serve agi")
        self.kill("serve recorder")
        self.breaks(begun + self.seconds)
        for phone in self.callers_phones:
            phone.process.send_signal(signal.SIGUSR1)  # no new calls
        for phone in self.callers_phones:
            phone.process.wait(PATIENT_S + 120)
        wait_for(lambda: not self.line.channels(), "no channel is left", 120)

    def answers(self) -> bool:
        try:
            self.line.channels()
            return bool(self.line.members())
        except Exception:
            return False

    def kill(self, words: str) -> None:
        for pid in self.line.processes(words):
            os.kill(pid, signal.SIGKILL)
        say(f"killed: {words.split()[-1]}")


def say(words: str) -> None:
    print(time.strftime("%H:%M:%S"), words, flush=True)


def sums(line: Line, told: Counter[tuple[str, str]], since: str) -> list[str]:
    """What ``ivr queue stats`` sums up otherwise than the rows do."""
    rows = Counter(outcome for (_, by_sql), n in told.items() for outcome in by_sql.split("+") * n)
    rows.pop("no entry", None)
    stats = line.read("queue", "stats", "--from", since)
    figures = {
        name: sum(row[name] for row in stats)
        for name in ("offered", "answered", "abandoned", "timed_out", "lost")
    }
    rows["offered"] = sum(rows.values())
    print(
        table(["", "by SQL", "queue stats"], [[name, str(rows[name]), str(n)] for name, n in figures.items()])
    )
    return [
        f"{name}: {rows[name]} rows, {n} in the figures" for name, n in figures.items() if rows[name] != n
    ]


def compare(line: Line, since: str) -> int:
    """Print the accounts beside the rows; the number of calls that do not agree."""
    use_key(line.settings.home)
    engine = open_engine(line.settings.database)
    rows: defaultdict[str, list[QueueEntry]] = defaultdict(list)
    with reading(engine) as session:
        for row in session.scalars(select(QueueEntry).order_by(QueueEntry.call_uniqueid, QueueEntry.number)):
            rows[row.caller or ""].append(row)
    engine.dispose()
    told: Counter[tuple[str, str]] = Counter()
    wrong: list[str] = []
    for number, account in sorted(accounts(line.folder).items()):
        mine = rows.pop(number, [])
        by_sql = "+".join(row.outcome for row in mine) or "no entry"
        told[spoken(account), by_sql] += 1
        if not agrees(account, mine):
            wrong.append(f"{number}: {account} but {by_sql}")
    wrong += [f"{number}: no SIPp call" for number in rows]
    wrong += sums(line, told, since)
    print(table(["by SIPp", "by SQL", "calls"], [[*key, str(n)] for key, n in sorted(told.items())], left=2))
    for words in wrong:
        print("NOT ACCOUNTED FOR", words)
    return len(wrong)


def spoken(account: Account) -> str:
    talks = sum(is_talk(account, n) for n in range(len(account.answers)))
    return f"{account.end}, {talks} talks"


def is_talk(account: Account, n: int) -> bool:
    """Whether the answer came to a talk: the caller did not go in the greeting."""
    began, ended = account.answers[n]
    return not (
        n == len(account.answers) - 1
        and account.end == "hung_up"
        and (ended or account.at) - began < GREETING_S
    )


def agrees(account: Account, rows: list[QueueEntry]) -> bool:
    """Whether the rows tell what SIPp saw."""
    outcomes = Counter(row.outcome for row in rows)
    sure = sum(is_talk(account, n) for n in range(len(account.answers)))
    if outcomes["waiting"] or any(row.outcome == "answered" and row.ended_at is None for row in rows):
        return False
    if account.end == "gone":  # Asterisk was killed under it: its talks and waits are lost
        return sure - 1 <= outcomes["answered"] <= len(account.answers)
    if not sure <= outcomes["answered"] <= len(account.answers):
        return False
    if account.end == "hung_up" and outcomes["answered"] == 0:
        return not rows or rows[-1].outcome in ("abandoned", "timed_out")  # none: in the menu still
    return bool(rows) or account.end in ("refused", "unanswered", "served")


def phones_conf(seats: range) -> str:
    """The phones register by another process than they talk, and callers send no sound."""
    return "[trunk](+)\nrtp_timeout = 0\n" + "".join(f"[{seat}](+)\nrewrite_contact = no\n" for seat in seats)


@click.command()
@click.option("--agents", default=60, show_default=True)
@click.option("--callers", default=120, show_default=True)
@click.option("--seconds", default=300, show_default=True)
def main(agents: int, callers: int, seconds: int) -> None:
    """Play a rush on a hotline of its own, and account for every call."""
    if why := missing():
        sys.exit(why)
    last = FIRST_SEAT + agents - 1
    with ExitStack() as stack:
        line = stack.enter_context(
            running(
                pjsip=phones_conf(range(FIRST_SEAT, last + 1)),
                IVR_SEATS=f"{FIRST_SEAT}-{last}",
                IVR_RING_S="8",
                IVR_RTP_START="30000",
                IVR_RTP_END="33999",
            )  # fmt: skip
        )
        since = datetime.now(line.settings.zone).isoformat()
        say(f"load {os.getloadavg()[0]:.1f}")
        Rush(line, agents, callers, seconds).run()
        open_ = "SELECT 1 FROM queue_entries WHERE outcome = 'waiting' OR (outcome = 'answered' AND ended_at IS NULL)"
        wait_for(lambda: not line.rows(open_), "every entry has ended in SQL", 60)
        say(f"load {os.getloadavg()[0]:.1f}")
        wrong = compare(line, since)
        print(line.cli("queue", "stats", "--from", since))
        line.tidy()
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
