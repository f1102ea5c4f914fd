"""What waiting callers are told, as things change; Asterisk's side is a list of what it would say."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from pathlib import Path

import pytest

from ivr import announcer
from ivr.acd.board import QueueCaller, QueueMember
from ivr.announcer import Announcer
from ivr.dialogue.queues import Queue
from ivr.settings import load
from ivr.store.database import open_engine
from ivr.store.migrate import upgrade
from ivr.telephony.ami import QueueStatus
from ivr.telephony.asterisk_config import AsteriskHome
from ivr.voice.system_sounds import SOUNDS
from ivr.voice.wav import pcm_wav

CALLER = QueueCaller("operator", "1764500000.1", 1, 9, "PJSIP/trunk-1")
AGENT = QueueMember("operator", "PJSIP/1001", "1023", 2, True, False, "", 0)


@dataclass
class FakeAmi:
    """Asterisk's answers. ``keys``: the channels that were made to hear a key."""

    callers: list[QueueCaller] = field(default_factory=lambda: [CALLER])
    members: list[QueueMember] = field(default_factory=lambda: [AGENT])
    language: str = "zh_1764500000.1"
    keys: list[str] = field(default_factory=list)
    tell: Path = Path()

    async def queue_status(self) -> QueueStatus:
        return QueueStatus(("operator",), tuple(self.members), tuple(self.callers))

    async def variable(self, _channel: str, name: str) -> str:
        return {"CHANNEL(language)": self.language, "IVR_TELL": str(self.tell)}.get(name, "")

    async def hear_key(self, channel: str, _key: str) -> None:
        self.keys.append(channel)


@pytest.fixture
def centre(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """The announcer, Asterisk, and a function that gives the names of the sounds that the caller is told now."""
    settings = load({"IVR_HOME": str(tmp_path), "IVR_DATABASE_URL": f"sqlite:///{tmp_path / 'ivr.db'}"})
    engine = open_engine(settings.database)
    upgrade(engine)
    sounds = AsteriskHome.of(settings).sounds
    for language, theirs in SOUNDS.items():
        for name in theirs:
            _wav(sounds / language / f"{name}.wav")
    joined: list[list[str]] = []
    real = announcer.join

    def join(pieces):
        joined.append([path.stem for path, _ in pieces])
        return real(pieces)

    monkeypatch.setattr(announcer, "join", join)
    notices: list[Path] = []
    one = Announcer(
        settings, engine, lambda: {"operator": Queue("operator")}, lambda _queue, _language: notices
    )
    ami = FakeAmi(tell=_wav(tmp_path / "keys.wav").with_suffix(""))

    def look() -> list[str]:
        asyncio.run(one.look(ami))  # type: ignore[arg-type]
        return joined[-1] if joined else []

    yield look, ami, notices, sounds
    engine.dispose()


def _wav(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pcm_wav(b"\x10\x01" * 4000))
    return path


def test_the_place_the_wait_and_the_keys(centre):
    look, _, _, sounds = centre
    assert look() == ["queue-youarenext", "ivr-wait-3", "keys"]
    assert (sounds / "zh_1764500000.1" / "ivr-wait.wav").stat().st_size > 3 * 2000


def test_later_a_word_of_comfort_or_what_is_on_air(centre, tmp_path: Path):
    look, ami, notices, _ = centre
    ami.callers = [replace(CALLER, wait_s=70)]
    assert look()[-1] == "ivr-patience"
    notices.append(_wav(tmp_path / "typhoon.wav").with_suffix(""))
    assert look()[-1] == "typhoon"
    ami.callers = [replace(CALLER, wait_s=130)]
    assert look()[-1] == "keys"


def test_it_is_broken_off_once_for_an_agent_who_is_free(centre):
    look, ami, _, _ = centre
    look()
    assert ami.keys == []
    ami.members = [replace(AGENT, status=1, in_call=False)]
    look()
    look()
    assert ami.keys == [CALLER.channel]


def test_it_is_broken_off_when_the_longest_wait_is_over(centre):
    look, ami, _, _ = centre
    look()
    ami.callers = [replace(CALLER, wait_s=300)]
    look()
    assert ami.keys == [CALLER.channel]


def test_nothing_is_left_of_who_waits_no_more(centre):
    look, ami, _, sounds = centre
    look()
    ami.callers = []
    look()
    assert not list(sounds.glob("zh_*"))


@pytest.mark.parametrize("language", ["zh", "../../etc_1.1", ""])
def test_a_channel_without_a_folder_of_its_own_is_told_what_all_are(centre, language: str):
    look, ami, _, sounds = centre
    ami.language = language
    assert look() == []
    assert not list(sounds.glob("*_*"))
