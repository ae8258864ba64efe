"""What a corpus holds, in numbers."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from rich.table import Table

from model.forms import Form

if TYPE_CHECKING:
    from collections.abc import Mapping

    from model.corpus.loading import Corpus

_TOKENS = 2  # begin and end


@dataclass(frozen=True, slots=True)
class Statistics:
    """Numbers of a corpus.

    Attributes:
        characters: of the poems' texts, punctuation counted.
        distinct: different characters among them, ， and 。 counted.
        forms: poems of each form; "other" for the rest.
        dynasties: poems of each dynasty; "" where the source states none.
        shape: where all poems have one length: poems, and that length with a begin and an end token; else None.
        symbols: different characters with the two tokens. Both count the poems that cleaning sets aside too, duplicates
            above all: they are those of the source as an array of numbers.
        dropped, changed: what cleaning did, by the names of its rules.
    """

    poems: int
    characters: int
    distinct: int
    symbols: int
    shape: tuple[int, int] | None
    script: str
    forms: dict[str, int]
    dynasties: dict[str, int]
    read: int
    dropped: dict[str, int]
    changed: dict[str, int]
    fingerprint: str

    @classmethod
    def of(cls, corpus: Corpus) -> Statistics:
        texts = [poem.text for poem in corpus.poems]
        everything = [*texts, *(poem.text for poem in corpus.set_aside)]
        lengths = {len(text) for text in everything}
        forms = Counter(poem.form for poem in corpus.poems)
        return cls(
            poems=len(texts),
            characters=sum(map(len, texts)),
            distinct=len(set("".join(texts))),
            symbols=len(set("".join(everything))) + _TOKENS,
            shape=(len(everything), lengths.pop() + _TOKENS) if len(lengths) == 1 else None,
            script=corpus.script,
            forms={form: forms[form] for form in Form} | {"other": forms[None]},
            dynasties=dict(sorted(Counter(poem.dynasty for poem in corpus.poems).items())),
            read=corpus.report.read,
            dropped={rule: corpus.report.dropped[rule] for rule in corpus.report.dropped},
            changed={rule: corpus.report.changed[rule] for rule in corpus.report.changed},
            fingerprint=corpus.fingerprint,
        )

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    def as_table(self, title: str) -> Table:
        """A table with a section for each subject."""
        table = Table("", "", title=title, show_header=False, title_justify="left")
        table.columns[1].justify = "right"

        def section(rows: Mapping[str, int | str]) -> None:
            for name, value in rows.items():
                table.add_row(name, f"{value:,}" if isinstance(value, int) else value)
            table.add_section()

        section({"poems": self.poems, "characters": self.characters, "distinct characters": self.distinct})
        if self.shape:
            section({"shape, nothing set aside": str(self.shape), "symbols, with begin and end": self.symbols})
        section(dict(self.forms))
        section({name or "no dynasty stated": count for name, count in self.dynasties.items()})
        section({"poems read": self.read} | {f"dropped: {rule}": count for rule, count in self.dropped.items()})
        section({f"taken out: {rule}": count for rule, count in self.changed.items()})
        section({"script": self.script, "fingerprint": self.fingerprint[:16]})
        return table
