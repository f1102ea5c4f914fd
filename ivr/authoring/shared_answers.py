"""``answers: {like: PART}``: answers that stand once, in another part of the same file; ``keys`` of a transfer likewise."""

from __future__ import annotations

from collections.abc import Collection, Iterable

import yaml

from ivr.authoring import grammar
from ivr.authoring.source import Source, nearest

LIKE = "like"

_Pairs = list[tuple[yaml.Node, yaml.Node]]


class SharedAnswers:
    """The answers of a file's parts, as they stand there."""

    def __init__(self, source: Source, parts: Iterable[tuple[str, yaml.Node]]) -> None:
        self._source = source
        self._shared: dict[str, dict[str, _Pairs]] = {"answers": {}, "keys": {}}
        for name, part in parts:
            for key, value in part.value if isinstance(part, yaml.MappingNode) else ():
                if isinstance(value, yaml.MappingNode) and key.value in ("answers", "keys"):
                    self._shared[key.value][name] = list(value.value)

    def fill(
        self, answers: yaml.Node, outcomes: Collection[str], fields: Collection[str], what: str = "answers"
    ) -> bool:
        """Put into ``answers``, in place of ``like``, what stands in that part for these ``outcomes`` and does not stand
        here. Of what is put there, ``correct`` is left out where the form has no such field: nobody was asked for it.
        Whether that part was found, so that more is not told of what it would have answered. ``what``: "answers" or "keys".
        """
        pairs = answers.value if isinstance(answers, yaml.MappingNode) else []
        like = next((value for key, value in pairs if key.value == LIKE), None)
        if like is None:
            return True
        shared = self._of(like, what)
        own: _Pairs = [(key, value) for key, value in pairs if key.value != LIKE]
        here = {key.value for key, _ in own if isinstance(key, yaml.ScalarNode)}
        answers.value = own + [
            (key, _without_correct(value, fields))
            for key, value in shared or ()
            if isinstance(key, yaml.ScalarNode) and key.value in outcomes and key.value not in here
        ]
        return shared is not None

    def _of(self, like: yaml.Node, what: str) -> _Pairs | None:
        name = self._source.word(like, LIKE)
        found = self._shared[what].get(name)
        if found is None:
            if name:
                hint = nearest(name, self._shared[what])
                self._source.fault(
                    like, grammar.unknown_name, f"no part '{name}' of this file has {what}; {hint}"
                )
            return None
        if any(key.value == LIKE for key, _ in found):
            self._source.fault(
                like, grammar.contradiction, f"'{name}' is like another part itself; name that one"
            )
            return None
        return found


def _without_correct(answer: yaml.Node, fields: Collection[str]) -> yaml.Node:
    if not isinstance(answer, yaml.MappingNode):
        return answer
    kept = [(key, value) for key, value in answer.value if key.value != "correct" or value.value in fields]
    return yaml.MappingNode(answer.tag, kept, answer.start_mark, answer.end_mark, answer.flow_style)
