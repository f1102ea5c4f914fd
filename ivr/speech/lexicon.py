"""Names whose official reading a voice gets wrong, with their pinyin and tones.

Source of the readings: the pinyin in the railway's own public station list (as of November 2026),
compared with what espeak-ng 1.52 and pypinyin 0.55 (which the neural voice asks) make of each of its
3,404 stations; only the names that one of them gets wrong are here, and 重听, which pypinyin takes for
"hard of hearing". A name stands without its direction (东南西北) and covers 蚌埠 and 蚌埠南 alike. Tone 5
is the neutral tone.
"""

from __future__ import annotations

import functools
import hashlib
import re
from collections.abc import Mapping

_TABLE = """
阿勒泰 a1 le4 tai4
阿图什 a1 tu2 shi2
巴彦高勒 ba1 yan4 gao1 le4
白奎堡 bai2 kui2 pu4
百色 bai3 se4
北马圈子 bei3 ma3 juan4 zi5
栟茶 ben1 cha2
蚌埠 beng4 bu4
泊头 bo2 tou2
策勒 ce4 le4
柴沟堡 chai2 gou1 bu3
长葛 chang2 ge3
长临河 chang2 lin2 he2
长岭子 chang2 ling3 zi5
长宁 chang2 ning2
长农 chang2 nong2
长坡岭 chang2 po1 ling3
长清 chang2 qing1
长箐 chang2 qing4
长庆桥 chang2 qing4 qiao2
长山屯 chang2 shan1 tun2
常熟 chang2 shu2
长武 chang2 wu3
长阳 chang2 yang2
长垣 chang2 yuan2
长治 chang2 zhi4
朝阳 chao2 yang2
重听 chong2 ting1
东莞 dong1 guan3
东淤地 dong1 yu1 di4
都安 du1 an1
都昌 du1 chang1
都格 du1 ge2
都匀 du1 yun2
繁峙 fan2 shi4
丰都 feng1 du1
佛塱 fo2 lang3
佛坪 fo2 ping2
冠豸山 guan4 zhai4 shan1
广州长隆 guang3 zhou1 chang2 long2
涡阳 guo1 yang2
和什托洛盖 he2 shi2 tuo1 luo4 gai4
红寺堡 hong2 si4 bu3
洪洞 hong2 tong2
虎什哈 hu3 shi2 ha1
花都 hua1 du1
滑浚 hua2 xun4
惠安堡 hui4 an1 pu4
珲春 hun2 chun1
霍林郭勒 huo4 lin2 guo1 le4
贾鲁河 jia3 lu3 he2
九佛 jiu3 fo2
库都尔 ku4 du1 er3
库尔勒 ku4 er3 le4
昆都仑召 kun1 du1 lun2 zhao4
兰棱 lan2 ling2
林盛堡 lin2 sheng4 pu4
六安 lu4 an1
漯河 luo4 he2
麻涌 ma2 chong1
民乐 min2 le4
穆棱 mu4 ling2
牟平 mu4 ping2
南乐 nan2 le4
南堡 nan2 pu4
南仇 nan2 qiu2
尼勒克 ni2 le4 ke4
宁都 ning2 du1
邳州 pi1 zhou1
平原堡 ping2 yuan2 pu4
祁家堡 qi2 jia1 pu4
三都县 san1 du1 xian4
商都 shang1 du1
歙县 she4 xian4
什邡 shi2 fang1
什里店 shi2 li3 dian4
双城堡 shuang1 cheng2 pu4
水茜 shui3 xi1
绥棱 sui1 ling2
太姥山 tai4 mu3 shan1
甜水堡 tian2 shui3 bu3
铁刹山 tie3 cha4 shan1
通远堡 tong1 yuan3 pu4
望都 wang4 du1
文地 wen2 di4
吴圩 wu2 xu1
新都东 xin1 du1 dong1
兴泉堡 xing1 quan2 bu3
牙屯堡 ya2 tun2 pu4
阳澄湖 yang2 cheng2 hu2
阳明堡 yang2 ming2 bu3
漾濞 yang4 bi4
以勒 yi3 le4
尹地 yin3 di4
英库勒 ying1 ku4 le4
于都 yu2 du1
尉犁 yu4 li2
曾口 zeng1 kou3
扎囊 zha1 nang2
柞水 zha4 shui3
咋子 zha4 zi5
中牟 zhong1 mu4
珠海长隆 zhu1 hai3 chang2 long2
褚家湾 zhu3 jia1 wan1
子长 zi3 chang2
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

#: Words with the pinyin that a site gives them, in its ``words.yaml``: they win over the table's.
Own = tuple[tuple[str, str], ...]


@functools.lru_cache(maxsize=4096)
def _words(own: Own) -> tuple[re.Pattern[str], Mapping[str, str]]:
    """What finds the words that have a reading, and the readings."""
    readings = {**READINGS, **dict(own)}
    not_before = {name: marks for name, marks in _NOT_BEFORE.items() if name not in dict(own)}
    names = sorted(readings, key=len, reverse=True)
    patterns = (re.escape(n) + (f"(?![{not_before[n]}])" if n in not_before else "") for n in names)
    return re.compile("|".join(patterns)), readings


#: Changes whenever a reading does, so that sounds made with the old one are made again.
VERSION = hashlib.sha256(repr((_TABLE, sorted(_NOT_BEFORE.items()))).encode()).hexdigest()[:8]


def split(text: str, own: Own = ()) -> tuple[tuple[str, str], ...]:
    """``text`` in pieces of ``(characters, pinyin)``; pinyin is "" where the usual reading is right.

    ``split("开往六安的列车")`` → ``(("开往", ""), ("六安", "lu4 an1"), ("的列车", ""))``.
    """
    pieces: list[tuple[str, str]] = []
    start = 0
    names, readings = _words(own)
    for found in names.finditer(text):
        pieces.append((text[start : found.start()], ""))
        pieces.append((found[0], readings[found[0]]))
        start = found.end()
    pieces.append((text[start:], ""))
    return tuple(piece for piece in pieces if piece[0])


def applying(text: str, own: Mapping[str, str]) -> Own:
    """Those of a site's readings that ``text`` is read by, in order of their words."""
    found = {word: reading for word, reading in own.items() if word in text}
    if not found:
        return ()
    return tuple(sorted({piece for piece in split(text, tuple(sorted(found.items()))) if piece[0] in found}))
