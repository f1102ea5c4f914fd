"""The keeper of the roster: what it brings to Asterisk, and when."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from ivr import roster
from ivr.acd.roster import Membership
from ivr.dialogue.queues import USUAL, Queue
from ivr.errors import IvrError, UsageFault
from ivr.roster import Roster, RosterKeeper
from ivr.settings import load
from ivr.store.agents import add_agent
from ivr.store.audit import entries
from ivr.store.database import Engine
from ivr.store.homes import set_home
from ivr.store.secrets import use_key
from ivr.store.skills import set_skills
from ivr.telephony.queue_config import write_queues


class Manager:
    """Asterisk's side: who is in which queue, and what was asked. ``down``: it does not answer."""

    def __init__(self) -> None:
        self.members: list[Membership] = []
        self.asked: list[tuple[object, ...]] = []
        self.down = False

    async def __aenter__(self) -> Manager:
        if self.down:
            raise IvrError("no connection")
        return self

    async def __aexit__(self, *_: object) -> None:
        pass

    async def queue_add(self, *values: object) -> None:
        self.asked.append(("add", *values))

    async def queue_pause(self, *values: object) -> None:
        self.asked.append(("pause", *values))

    async def queue_penalty(self, *values: object) -> None:
        self.asked.append(("penalty", *values))

    async def queue_remove(self, *values: object) -> None:
        self.asked.append(("remove", *values))

    async def queue_log(self, *_: object, **__: object) -> None:
        pass

    def reload(self, _socket: Path) -> None:
        self.asked.append(("reload",))


@pytest.fixture
def engine(sqlite: Engine) -> Engine:
    add_agent(sqlite, "1023", "4711")
    return sqlite


@pytest.fixture
def manager(monkeypatch: pytest.MonkeyPatch) -> Manager:
    made = Manager()

    async def memberships(_ami: object) -> list[Membership]:
        return made.members

    monkeypatch.setattr(roster, "manager", lambda _settings: made)
    monkeypatch.setattr(roster, "memberships", memberships)
    monkeypatch.setattr(roster, "reload_queues", made.reload)
    monkeypatch.setattr(roster, "LOOK_EVERY_S", 0.01)
    return made


def test_only_what_has_changed_is_brought(engine: Engine, manager: Manager, tmp_path: Path) -> None:
    queues = dict(USUAL)
    settings = load({"IVR_HOME": str(tmp_path)}, tmp_path / "none")
    etc = tmp_path / "asterisk" / "etc"
    etc.mkdir(parents=True)
    write_queues(etc, queues.values())
    keeper = RosterKeeper(settings, engine, lambda: dict(queues))
    keeper.look()
    assert manager.asked == [("reload",)]  # one that was asked for before may have come to nothing
    manager.asked.clear()
    keeper.look()
    assert manager.asked == []
    manager.members = [Membership("operator", "PJSIP/1001", "1023", 1, True, "lunch")]
    queues["tickets"] = Queue("tickets")
    set_skills(engine, "1023", {"tickets": 3}, (), "boss")
    keeper.look()
    assert manager.asked == [
        ("reload",),
        ("add", "tickets", "PJSIP/1001", "1023", 3, True, ""),
        ("pause", "PJSIP/1001", True, "lunch", "tickets"),
    ]
    assert "[tickets](usual)" in (etc / "queues_on_air.conf").read_text()
    manager.asked.clear()
    manager.members.append(Membership("tickets", "PJSIP/1001", "1023", 3))
    del queues["tickets"]
    manager.down = True
    with pytest.raises(IvrError):
        keeper.look()
    manager.down = False
    keeper.look()
    assert manager.asked == [("remove", "tickets", "PJSIP/1001"), ("reload",)]


def test_home_is_a_seat_where_a_number_is_stored_and_a_line_leads_out(
    engine: Engine, manager: Manager, tmp_path: Path
) -> None:
    use_key(tmp_path)
    inside = load({"IVR_HOME": str(tmp_path)}, tmp_path / "none")
    outside = load({"IVR_HOME": str(tmp_path), "IVR_TRUNK_OUT": "127.0.0.1:5070"}, tmp_path / "none")
    with pytest.raises(IvrError, match="no outside line"):
        Roster(inside, engine, lambda: USUAL).does("sign_in", "1023", "home")
    there = Roster(outside, engine, lambda: USUAL)
    with pytest.raises(IvrError, match="no number is stored for agent 1023"):
        there.does("sign_in", "1023", "home")
    set_home(engine, "1023", "13800001234", "boss")
    assert there.does("sign_in", "1023", "home").outcome == "done"
    assert manager.asked[0][:4] == ("add", "operator", "Local/1023@home-agents/n", "1023")
    assert there.reach("agent", "1023") == ""
    manager.members = [Membership("operator", "Local/1023@home-agents/n", "1023")]
    assert there.reach("agent", "1023") == "home1023"
    assert there.reach("home", "1023") == "13800001234"
    assert there.reach("home", "1024") == there.reach("home", "") == ""
    assert there.does("pause", "1023", "home", "lunch").outcome == "done"
    assert manager.asked[-1] == ("pause", "Local/1023@home-agents/n", True, "lunch")
    set_home(engine, "1023", "", "boss")
    assert there.reach("home", "1023") == ""
    with pytest.raises(UsageFault, match="the number is wrong"):
        set_home(engine, "1023", "sip:1@2", "boss")
    with pytest.raises(IvrError, match="no agent has the staff number 9"):
        set_home(engine, "9", "13800001234", "boss")
    told = [entry.details for entry in entries(engine, action="agent home")]
    assert told == [{"number": None}, {"number": "138****1234"}]


def test_a_seat_with_several_phones_is_one_member(engine: Engine, manager: Manager, tmp_path: Path) -> None:
    given = load({"IVR_HOME": str(tmp_path), "IVR_SEAT_PHONES": "2"}, tmp_path / "none")
    manager.members = [Membership("operator", "PJSIP/1001", "1024")]
    assert Roster(given, engine, lambda: USUAL).does("sign_in", "1023", "1001").outcome == "done"
    assert manager.asked[:2] == [
        ("remove", "operator", "PJSIP/1001"),
        ("add", "operator", "Local/1001@phones", "1023", 1, False, "PJSIP/1001"),
    ]


def test_who_lets_the_phone_ring_is_paused_once(
    engine: Engine, manager: Manager, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "asterisk" / "etc").mkdir(parents=True)
    rings: list[int] = []

    def absent(_engine: Engine, least: int, _now: object) -> list[str]:
        rings.append(least)
        return ["1023"]

    monkeypatch.setattr(roster, "unanswered", absent)
    for given, paused in (("2", [("pause", "PJSIP/1001", True, "未接")]), ("0", [])):
        manager.asked.clear()
        settings = load({"IVR_HOME": str(tmp_path), "IVR_UNANSWERED_RINGS": given}, tmp_path / "none")
        keeper = RosterKeeper(settings, engine, lambda: dict(USUAL))
        manager.members = [
            Membership("operator", "PJSIP/1001", "1023"),
            Membership("operator", "PJSIP/1002", "1024"),
        ]
        keeper.look()
        manager.members[0] = Membership("operator", "PJSIP/1001", "1023", 1, True, "未接")
        keeper.look()
        assert [asked for asked in manager.asked if asked[0] == "pause"] == paused
    assert rings == [2, 2]


@pytest.mark.parametrize(("told_after_s", "lines"), [(0.0, 1), (20.0, 0)])
def test_what_fails_longer_than_a_start_is_told_once_and_tried_again(
    engine: Engine,
    manager: Manager,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
    told_after_s: float,
    lines: int,
) -> None:
    monkeypatch.setattr(roster, "_TOLD_AFTER_S", told_after_s)
    (tmp_path / "asterisk" / "etc").mkdir(parents=True)
    settings = load({"IVR_HOME": str(tmp_path)}, tmp_path / "none")
    manager.down = True
    looks = threading.Semaphore(0)

    def queues() -> dict[str, Queue]:
        looks.release()
        return dict(USUAL)

    stopping = threading.Event()
    keeping = threading.Thread(target=RosterKeeper(settings, engine, queues).keep, args=(stopping,))
    keeping.start()
    for _ in range(3):
        assert looks.acquire(timeout=20)
    manager.down = False
    while not manager.asked:
        assert looks.acquire(timeout=20)
    stopping.set()
    keeping.join(20)
    assert [record.message for record in caplog.records] == [
        "queues and skills are not kept in line: no connection"
    ] * lines


def test_agents_can_be_called_again_where_a_queue_says_so(
    engine: Engine, manager: Manager, tmp_path: Path
) -> None:
    queues = {**USUAL, "tickets": Queue("tickets", sticky_s=60)}
    settings = load({"IVR_HOME": str(tmp_path)}, tmp_path / "none")
    etc = tmp_path / "asterisk" / "etc"
    etc.mkdir(parents=True)
    add_agent(engine, "1024", "4711")
    manager.members = [
        Membership("operator", "PJSIP/1001", "1023", 1),
        Membership("operator", "PJSIP/1002", "1024", 1),
    ]
    RosterKeeper(settings, engine, lambda: queues).look()
    added = [asked for asked in manager.asked if asked[0] == "add"]
    assert [(queue, staff) for _, queue, _, staff, *_ in added] == [("again", "1023"), ("again", "1024")]
    assert added[0][4] != added[1][4]  # each has a penalty of its own
    assert "joinempty = paused,penalty,inuse" in (etc / "queues_on_air.conf").read_text()
