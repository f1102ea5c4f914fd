"""``ivr voice``, and what the doctor says of the voice."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import IvrError
from ivr.voice import kokoro_pack, lost, neural
from ivr.voice.sounds import replace
from ivr.voice.tones import silence
from ivr.voice.wav import sound_seconds
from tests.voice.conftest import neural_home  # noqa: F401


@pytest.fixture
def toml(tmp_path, monkeypatch) -> Path:
    file = tmp_path / "ivr.toml"
    monkeypatch.setenv("IVR_CONFIG", str(file))
    monkeypatch.delenv("IVR_VOICE", raising=False)
    return file


def _voice_row(ivr):
    (row,) = [row for row in ivr("settings", "--json").document if row["name"] == "voice"]
    return row["value"], row["origin"]


def _speaks(ivr) -> str:
    rows = [row for row in ivr("voice", "list", "--json").document if row["in_use"]]
    assert [row["name"] for row in rows if row["languages"] == "en"] in ([], ["af_heart"])
    (name,) = [row["name"] for row in rows if row["languages"] != "en"]
    return name


def _doctor(ivr) -> list[tuple[str, str]]:
    found = ivr("doctor", "--json").document["findings"]
    return [(row["state"], row["says"]) for row in found if row["part"] == "voice"]


def test_without_kokoro_espeak_speaks(ivr, toml):
    done = ivr("voice", "list")
    assert done.code == 0
    assert done.out.splitlines()[0].split()[:2] == ["espeak", "espeak-ng"]
    assert "speaks" in done.out.splitlines()[0]
    assert "ivr voice install kokoro" in done.err
    assert [row["installed"] for row in ivr("voice", "list", "--json").document] == [True] + 5 * [False]
    done = ivr("voice", "use", "kokoro")
    assert (done.code, toml.exists()) == (1, False)
    assert done.err == "ivr: kokoro is not installed (ivr voice install kokoro)\n"
    assert _doctor(ivr)[0][0] == "ok"
    toml.write_text('voice = "zm_yunxi"\n')
    state, says = _doctor(ivr)[0]
    assert (state, says) == ("warn", "espeak speaks: zm_yunxi is not installed")


def test_who_speaks_is_chosen_and_kept(ivr, toml, neural_home, monkeypatch):  # noqa: F811
    assert _speaks(ivr) == "zf_xiaoxiao"
    toml.write_text("# ours\nsip_port = 5070\nvoice = 'espeak'  # for now\n")
    assert _speaks(ivr) == "espeak"
    done = ivr("voice", "use", "zm_yunxi")
    assert done.code == 0
    assert f"zm_yunxi speaks Mandarin ({toml})" in done.out
    assert toml.read_text() == '# ours\nsip_port = 5070\nvoice = "zm_yunxi"\n'
    assert _voice_row(ivr) == ("zm_yunxi", str(toml))
    assert _speaks(ivr) == "zm_yunxi"
    monkeypatch.setenv("IVR_VOICE", "espeak")
    assert "IVR_VOICE=espeak is set and wins" in ivr("voice", "use", "auto").err
    assert _speaks(ivr) == "espeak"


@pytest.mark.parametrize("words", [("use", "nobody"), ("sample", "nobody"), ("sample", "--text", "。")])
def test_wrong_usage(ivr, toml, words):
    done = ivr("voice", *words)
    assert (done.code, done.out) == (2, "")
    assert done.err.count("\n") == 1


def test_a_setting_that_is_no_voice(ivr, toml, monkeypatch):
    monkeypatch.setenv("IVR_VOICE", "alexa")
    assert "voice = 'alexa' is wrong: it is auto, espeak, kokoro" in ivr("voice", "list").err


@pytest.mark.parametrize("text", ["voice = [", "colour = 1"])
def test_a_settings_file_that_is_broken_stays_as_it_is(ivr, toml, neural_home, text):  # noqa: F811
    toml.write_text(text)
    assert ivr("voice", "use", "espeak").code == 2
    assert toml.read_text() == text


def test_a_settings_file_that_cannot_be_written_is_one_line(ivr, monkeypatch, tmp_path):
    monkeypatch.setenv("IVR_CONFIG", str(tmp_path / "none" / "ivr.toml"))
    done = ivr("voice", "use", "espeak")
    assert done.code == 2
    assert "ivr.toml: cannot be written: No such file or directory" in done.err


def test_a_sample_is_said_by_whom_one_asks(ivr, toml, neural_home, tmp_path):  # noqa: F811
    out = tmp_path / "out" / "sample.wav"
    done = ivr("voice", "sample", "zm_yunxia", "--out", out, "--json")
    assert done.document["name"] == "zm_yunxia"
    assert done.document["path"] == str(out)
    assert sound_seconds(out) == pytest.approx(done.document["seconds"], abs=0.01)
    assert " espeak" in ivr("voice", "sample", "espeak").out
    done = ivr("voice", "sample", "--language", "en", "--json")
    assert done.document["name"] == "af_heart"
    assert ivr("voice", "sample", "--language", "en", "--text", "。").code == 2


def test_an_install_of_an_earlier_version_is_told_what_it_lacks(ivr, toml, neural_home):  # noqa: F811
    (neural_home.folder / "af_heart.bin").unlink()
    says = ivr("voice", "list").err
    assert says == "kokoro is not whole, it lacks af_heart.bin: ivr voice install kokoro\n"
    assert _doctor(ivr)[0] == ("warn", "espeak speaks: kokoro lacks af_heart.bin")


def test_installing_says_what_comes_next(ivr, toml, monkeypatch, home: Path):
    asked = []
    monkeypatch.setattr("ivr.voice.kokoro_install.install_packages", lambda tell: tell("packages"))
    monkeypatch.setattr("ivr.voice.kokoro_install.install", lambda *given: asked.append(given[:2]) or True)
    done = ivr("voice", "install", "kokoro")
    assert done.code == 0
    assert "ivr prompt build" in done.out
    assert done.err == "packages\n"
    assert asked == [(home, None)]
    monkeypatch.setattr("ivr.voice.kokoro_install.install", lambda *_given: False)
    assert ivr("voice", "install", "kokoro").out == "kokoro is installed already, and whole\n"


def test_the_doctor_hears_the_voice(ivr, toml, neural_home, monkeypatch):  # noqa: F811
    assert _doctor(ivr)[0][1].startswith("zf_xiaoxiao spoke a short sentence")
    replace(neural_home.home / "voices" / "trouble.json", b'{"reason": "it hung for 5 s", "failures": 4}')
    state, says = _doctor(ivr)[0]
    assert state == "warn"
    assert says == "zf_xiaoxiao failed 0 min ago, 4 in a row: it hung for 5 s"
    monkeypatch.setattr("ivr.voice.trial.trial", lambda _home, _voice: 3.0)
    assert _doctor(ivr)[-1][0] == "warn"

    def hangs(_home: Path, _voice: str) -> float:
        raise IvrError("zf_xiaoxiao says nothing: the voice worker hung for 10 s")

    monkeypatch.setattr("ivr.voice.trial.trial", hangs)
    assert _doctor(ivr)[-1] == ("fail", "zf_xiaoxiao says nothing: the voice worker hung for 10 s")


def test_the_doctor_tells_of_workers_that_were_replaced(ivr, toml, home: Path):
    lost.note(home, "the voice worker took 2000 MB of memory, more than 1500")
    state, says = _doctor(ivr)[0]
    assert state == "warn"
    assert says.startswith(
        "1 voice workers replaced within a day, the last 0 min ago: the voice worker took 2000 MB"
    )


def test_the_doctor_sees_a_damaged_file(ivr, toml, neural_home):  # noqa: F811
    (neural_home.folder / kokoro_pack.TOKENS).write_text("{}")
    assert _doctor(ivr)[0] == ("warn", "espeak speaks: kokoro lacks tokens.json")


def test_the_doctor_tells_stand_ins_from_silence(ivr, toml, neural_home, monkeypatch):  # noqa: F811
    from ivr.authoring.folder import read_folder
    from ivr.authoring.prompts import phrases_of
    from ivr.settings import PROJECT
    from ivr.voice import system_sounds
    from ivr.voice.sounds import SoundStore

    def sounds() -> str:
        (row,) = [r for r in ivr("doctor", "--json").document["findings"] if r["part"] == "sounds"]
        return row["says"]

    phrases = [*phrases_of(read_folder(PROJECT / "menus").trees.values()), *system_sounds.phrases()]
    store = SoundStore(neural_home.home, "espeak")
    assert sounds().endswith("prompts are not made yet")
    for phrase in phrases:
        replace(store.path(phrase), silence(1))
    assert sounds() == f"{len(set(phrases))} prompts are in espeak's voice"
    assert neural.trouble(neural_home.home) is None
