"""Place names whose official reading a voice gets wrong, with their pinyin and tones.

Source of the readings: the pinyin in the railway's own public station list (as of November 2026),
compared with what espeak-ng 1.52 speaks for each of its 3,404 stations; only the names that differ
are here. A name stands without its direction (东南西北) and covers 蚌埠 and 蚌埠南 alike. Tone 5 is
the neutral tone.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping

_TABLE = """
白奎堡 bai2 kui2 pu4
百色 bai3 se4
蚌埠 beng4 bu4
北马圈子 bei3 ma3 juan4 zi5
栟茶 ben1 cha2
泊头 bo2 tou2
柴沟堡 chai2 gou1 bu3
常熟 chang2 shu2
曾口 zeng1 kou3
褚家湾 zhu3 jia1 wan1
东莞 dong1 guan3
东淤地 dong1 yu1 di4
都安 du1 an1
都格 du1 ge2
繁峙 fan2 shi4
佛塱 fo2 lang3
冠豸山 guan4 zhai4 shan1
广州长隆 guang3 zhou1 chang2 long2
和什托洛盖 he2 shi2 tuo1 luo4 gai4
红寺堡 hong2 si4 bu3
洪洞 hong2 tong2
虎什哈 hu3 shi2 ha1
滑浚 hua2 xun4
惠安堡 hui4 an1 pu4
贾鲁河 jia3 lu3 he2
九佛 jiu3 fo2
库都尔 ku4 du1 er3
昆都仑召 kun1 du1 lun2 zhao4
兰棱 lan2 ling2
林盛堡 lin2 sheng4 pu4
六安 lu4 an1
麻涌 ma2 chong1
民乐 min2 le4
牟平 mu4 ping2
穆棱 mu4 ling2
南堡 nan2 pu4
南乐 nan2 le4
南仇 nan2 qiu2
邳州 pi1 zhou1
平原堡 ping2 yuan2 pu4
祁家堡 qi2 jia1 pu4
三都县 san1 du1 xian4
歙县 she4 xian4
什里店 shi2 li3 dian4
双城堡 shuang1 cheng2 pu4
水茜 shui3 xi1
绥棱 sui1 ling2
太姥山 tai4 mu3 shan1
甜水堡 tian2 shui3 bu3
铁刹山 tie3 cha4 shan1
通远堡 tong1 yuan3 pu4
涡阳 guo1 yang2
文地 wen2 di4
吴圩 wu2 xu1
兴泉堡 xing1 quan2 bu3
牙屯堡 ya2 tun2 pu4
阳澄湖 yang2 cheng2 hu2
阳明堡 yang2 ming2 bu3
漾濞 yang4 bi4
尹地 yin3 di4
尉犁 yu4 li2
扎囊 zha1 nang2
咋子 zha4 zi5
柞水 zha4 shui3
中牟 zhong1 mu4
"""

#: name → its syllables in pinyin with tone digits, separated by spaces
READINGS: Mapping[str, str] = {
    line.split(" ", 1)[0]: line.split(" ", 1)[1] for line in _TABLE.strip().splitlines()
}

#: Ordinary words begin inside some names: 周六安排, 都安全, 中文地址. Before these characters it
#: is not the name.
_NOT_BEFORE: Mapping[str, str] = {
    "六安": "全排检静置装",
    "都安": "全排检静置装",
    "都格": "外",
    "文地": "址名区方图点",
    "民乐": "器团队曲意园",
    "曾口": "头",
}

_NAMES = re.compile(
    "|".join(
        re.escape(name) + (f"(?![{_NOT_BEFORE[name]}])" if name in _NOT_BEFORE else "")
        for name in sorted(READINGS, key=len, reverse=True)
    )
)

#: Changes whenever a reading does, so that sounds made with the old one are made again.
VERSION = hashlib.sha256(repr((_TABLE, sorted(_NOT_BEFORE.items()))).encode()).hexdigest()[:8]


def split(text: str) -> tuple[tuple[str, str], ...]:
    """``text`` in pieces of ``(characters, pinyin)``; pinyin is "" where the usual reading is right.

    ``split("开往六安的列车")`` → ``(("开往", ""), ("六安", "lu4 an1"), ("的列车", ""))``.
    """
    pieces: list[tuple[str, str]] = []
    start = 0
    for found in _NAMES.finditer(text):
        pieces.append((text[start : found.start()], ""))
        pieces.append((found[0], READINGS[found[0]]))
        start = found.end()
    pieces.append((text[start:], ""))
    return tuple(piece for piece in pieces if piece[0])
