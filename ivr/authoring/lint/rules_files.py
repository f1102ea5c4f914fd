"""Rules about what stands in files without being used."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ivr.authoring.lint.reading import Reading, at, scalars
from ivr.authoring.lint.rule import Finding, warning
from ivr.authoring.source import Source

_USE = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")


def _used(reading: Reading, only: Source | None = None) -> set[str]:
    return {
        name
        for source, root in reading.roots
        if only in (None, source)
        for node in scalars(root)
        for name in _USE.findall(node.value)
    }


@warning(whole=True)
def unused_fragment(reading: Reading) -> Iterator[Finding]:
    """A fragment that no text uses.

    Who changes its words believes that callers hear the change.

    Use it as `<name>` where its words are meant, or delete it.

    Bad:

        start: bye
        fragments:
          company: 中国铁路
        parts:
          bye: {say: 感谢您致电中国铁路。, then: hangup}

    Good:

        start: bye
        fragments:
          company: 中国铁路
        parts:
          bye: {say: 感谢您致电<company>。, then: hangup}
    """
    used = _used(reading)
    for source, root in reading.roots:
        node = at(root, "fragments")
        for key, _ in node.value if node is not None else ():
            if key.value not in used:
                yield (
                    source,
                    key,
                    f"no text uses the fragment '{key.value}'; write <{key.value}>, or delete it",
                )


@warning(whole=True)
def unused_parameter(reading: Reading) -> Iterator[Finding]:
    """A parameter of an included file that nothing in it uses.

    Whoever includes the file gives it a value, and nothing comes of it.

    Use it as `<name>` in the file, or take it from its `parameters`, and from the `with` of those who include it.

    Bad:

        start: main
        include:
          - {file: notices.yaml, as: notices, with: {then: bye}}
        parts:
          main:
            menu:
              1: {label: 公告, go: notices}
              2: {label: 结束通话, go: bye}
          bye: {say: 再见。, then: hangup}
        # file: notices.yaml
        parameters: {then: what follows}
        start: today
        parts:
          today: {say: 今天没有公告。, then: hangup}

    Good:

        start: main
        include:
          - {file: notices.yaml, as: notices, with: {then: bye}}
        parts:
          main:
            menu:
              1: {label: 公告, go: notices}
              2: {label: 结束通话, go: bye}
          bye: {say: 再见。, then: hangup}
        # file: notices.yaml
        parameters: {then: what follows}
        start: today
        parts:
          today: {say: 今天没有公告。, then: <then>}
    """
    for source, root in reading.roots[1:]:
        used = _used(reading, source)
        node = at(root, "parameters")
        for key, _ in node.value if node is not None else ():
            if key.value not in used:
                yield source, key, f"nothing in the file uses the parameter '{key.value}'"


@warning(whole=True)
def unused_translation(reading: Reading) -> Iterator[Finding]:
    """A translation of a sentence that the tree does not have.

    Most often the sentence was changed in the tree, and callers of the other language hear nothing of it.

    Write the tree's words in the translation and see that it still says the same; or delete it.

    Bad:

        languages: [zh, en]
        start: bye
        parts:
          bye: {say: {zh: 再见。, en: Goodbye.}, then: hangup}
        # file: hotline.translations.yaml
        - zh: 谢谢，再见。
          en: Thank you and goodbye.

    Good:

        languages: [zh, en]
        start: bye
        parts:
          bye: {say: 谢谢，再见。, then: hangup}
        # file: hotline.translations.yaml
        - zh: 谢谢，再见。
          en: Thank you and goodbye.
    """
    for source, node in reading.translations.unused():
        yield source, node, "the tree has no such sentence; write its words here, or delete the translation"
