"""The site's own speed: other sounds under other names, checked by other bounds."""

from __future__ import annotations

from pathlib import Path

import pytest

from ivr.errors import IvrError
from ivr.settings import load
from ivr.speech import Phrase
from ivr.voice.build import build, missing
from ivr.voice.sounds import SoundStore
from ivr.voice.voice import Voice
from ivr.voice.wav import sound_seconds

from .conftest import NeuralHome

SENTENCE = Phrase("您好，欢迎致电铁路客户服务中心。")


@pytest.mark.parametrize(("speed", "least", "most"), [(60, 1.3, 2.0), (150, 0.5, 0.8)])
def test_espeak_speaks_as_fast_as_the_site_wants(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, speed: int, least: float, most: float
) -> None:
    with (
        Voice(tmp_path, 1, 30, voice="espeak") as usual,
        Voice(tmp_path, 1, 30, voice="espeak", speed=speed) as other,
    ):
        (usually,) = usual.ensure([SENTENCE])
        (path,) = other.ensure([SENTENCE])
    assert path != usually
    ratio = (sound_seconds(Path(f"{path}.wav")) or 0) / (sound_seconds(Path(f"{usually}.wav")) or 1)
    assert least < ratio < most
    monkeypatch.setattr("ivr.voice.system_sounds.phrases", tuple)
    assert missing([SENTENCE], tmp_path, "espeak", speed) == []
    assert missing([SENTENCE], tmp_path, "espeak", speed + 1) == [SENTENCE]


def test_the_neural_voice_does_too(neural_home: NeuralHome, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("ivr.voice.system_sounds.phrases", tuple)
    seconds = []
    for speed in (100, 80):
        assert build([SENTENCE], neural_home.home, 1, speed=speed).failed == ()
        seconds.append(sound_seconds(SoundStore(neural_home.home, speed=speed).path(SENTENCE)) or 0)
    assert seconds[1] / seconds[0] == pytest.approx(1.25, rel=0.05)


def test_a_speed_that_nobody_understands_is_refused(tmp_path: Path) -> None:
    assert load({"IVR_VOICE_SPEED": "90"}, tmp_path / "none.toml").voice_speed == 90
    for wrong in ("59", "151", "fast"):
        with pytest.raises(IvrError, match="per cent"):
            load({"IVR_VOICE_SPEED": wrong}, tmp_path / "none.toml")
