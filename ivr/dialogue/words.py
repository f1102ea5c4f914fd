"""The standing sentences that every tree has; a tree's ``words`` replace them one by one."""

from __future__ import annotations

from collections.abc import Mapping

from ivr.speech import Wordbooks

Text = Mapping[str, str]

#: name → text. The slots of each: option {label} {key}; confirm_* {label}; more {left}.
WORDS: Mapping[str, Text] = {
    "option": {"zh": "{label}请按{key}。", "en": "For {label}, press {key}."},
    "no_input": {"zh": "对不起，没有收到您的按键。", "en": "Sorry, I did not get any key."},
    "no_match": {"zh": "对不起，您的输入有误。", "en": "Sorry, that is not right."},
    "partial": {
        "zh": "对不起，您输入的位数不够。",
        "en": "Sorry, some digits are missing.",
    },
    "no_date": {
        "zh": "对不起，没有这个日期。星期几也可以输入，先按九，再按星期几的数字。",
        "en": "Sorry, there is no such date. A day of the week can be keyed too: nine, then its number.",
    },
    "not_found": {
        "zh": "对不起，没有找到您输入的{label}。",
        "en": "Sorry, the {label} was not found.",
    },
    "wrong_id": {
        "zh": "对不起，您输入的身份证号码有误，请核对后重新输入。",
        "en": "Sorry, that is not a valid identity card number. Please check it and enter it again.",
    },
    "wrong_number": {
        "zh": "对不起，您输入的订单号有误，请核对后重新输入。",
        "en": "Sorry, that is not a valid booking number. Please check it and enter it again.",
    },
    "wrong_phone": {
        "zh": "对不起，这个号码不能回电。请输入手机号码，或区号加固定电话号码。",
        "en": "Sorry, that number cannot be called. Please key in a mobile number, or a landline with its area code.",
    },
    "same": {
        "zh": "对不起，{label}不能与{other}相同。",
        "en": "Sorry, the {label} cannot be the same as the {other}.",
    },
    "candidates": {"zh": "请选择{label}。", "en": "Please choose the {label}."},
    "candidate": {"zh": "{candidate}请按{key}。", "en": "For {candidate}, press {key}."},
    "more_candidates": {"zh": "更多请按星号键。", "en": "For more, press star."},
    "candidates_again": {
        "zh": "以上是全部{label}，从头再听请按星号键。",
        "en": "That was the whole list. To hear it again, press star.",
    },
    "from_the_first": {"zh": "从头开始。", "en": "From the first one again."},
    "no_candidate": {"zh": "重新输入请按井号键。", "en": "To enter again, press pound."},
    "confirm": {"zh": "正确请按{key}。", "en": "If this is right, press {key}."},
    "correct_field": {"zh": "修改{label}请按{key}。", "en": "To change the {label}, press {key}."},
    "next_items": {
        "zh": "后面还有{left}条，继续收听请按{key}，结束收听请按井号键。",
        "en": "{left} more. To go on, press {key}. To stop, press pound.",
    },
    "error": {
        "zh": "对不起，系统暂时无法查询。",
        "en": "Sorry, this cannot be looked up at the moment.",
    },
    "one_moment": {"zh": "请稍候。", "en": "One moment, please."},
    "too_long": {"zh": "对不起，本次通话时间已到。", "en": "Sorry, this call has reached its limit."},
    "sorry_goodbye": {"zh": "对不起，请您稍后再拨。再见。", "en": "Sorry, please call later. Goodbye."},
    "station_prompt": {
        "zh": "请输入{label}的区号，或站名的拼音首字母，按井号键结束。",
        "en": "Please key in the area code or the initials of the {label}, then press pound.",
    },
    "train_prompt": {
        "zh": "请输入{label}的数字部分，按井号键结束。",
        "en": "Please key in the digits of the {label}, then press pound.",
    },
    "city_prompt": {
        "zh": "请输入{label}的拼音首字母，按井号键结束。",
        "en": "Please key in the initials of the {label}, then press pound.",
    },
    "date_prompt": {
        "zh": "请选择{label}。今天请按一，明天请按二，后天请按三，其他日期请输入两位月份和两位日期。",
        "en": "Please choose the {label}. For today press one, tomorrow two, the day after three, "
        "or key in two digits for the month and two for the day.",
    },
    "resident_id_prompt": {
        "zh": "请输入{label}，共十八位，字母 X 请按星号键。",
        "en": "Please key in the eighteen digits of the {label}. For the letter X press star.",
    },
    "id_tail_prompt": {
        "zh": "请输入{label}，字母 X 请按星号键。",
        "en": "Please key in the {label}. For the letter X press star.",
    },
    "booking_number_prompt": {
        "zh": "请输入{label}，共九位。",
        "en": "Please key in the nine digits of the {label}.",
    },
    "phone_prompt": {
        "zh": "请输入{label}，固定电话请加区号，按井号键结束。",
        "en": "Please key in the {label}, a landline with its area code, then press pound.",
    },
    "choice_prompt": {"zh": "请选择{label}。", "en": "Please choose the {label}."},
    "digits_prompt": {
        "zh": "请输入{label}，按井号键结束。",
        "en": "Please key in the {label}, then press pound.",
    },
}


def sentence(name: str, own: Mapping[str, Text], wordbooks: Wordbooks) -> Text:
    """A standing sentence in all languages that have it: a tree's ``own`` words, then those of the wordbooks."""
    if name not in own and not wordbooks:  # as in most trees, many times a call
        return WORDS[name]
    books = {language: book.sentences[name] for language, book in wordbooks.items() if name in book.sentences}
    return {**WORDS[name], **books, **own.get(name, {})}
