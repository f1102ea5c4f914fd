"""The languages that espeak-ng 1.52 speaks, by the names under which it knows their voices."""

from __future__ import annotations

#: As the library lists them, without those whose dictionary it comes without; a test asks the library.
_NAMES = """
af am an ar as az ba be bg bn bpy bs ca ca-ba ca-nw ca-va cs cy da de el en en-029 en-gb-scotland
en-gb-x-gbclan en-gb-x-gbcwmd en-gb-x-rp en-us en-us-nyc eo es es-419 et eu fa fa-latn fi fr fr-be fr-ch
ga gd gn grc gu hak haw he hi hr ht hu hy hyw ia id io is it ja jbo ka kk kl kn ko kok ku ky la lb lfn lt
ltg lv mi mk ml mr ms mt mto my nb nci ne nl nog om or pa pap pl pt pt-br py qdb qu quc ro ru ru-cl ru-lv
sd shn si sk sl smj sq sr sv sw ta te th ti tk tn tr tt ug uk ur uz vi vi-vn-x-central vi-vn-x-south yue
"""

VOICES: tuple[str, ...] = tuple(_NAMES.split())
