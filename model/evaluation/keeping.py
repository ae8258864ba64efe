"""How many poems of a set keep form, tones and rhyme, by the checker; poets and networks alike."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from model.checker import Sense, check
from model.evaluation.intervals import Share
from model.evaluation.quality import Verse
from model.forms import Form


@dataclass(frozen=True, slots=True)
class Kept:
    """What is kept in one sense, strict or lenient.

    Attributes:
        tones, rhyme: how many poems keep them.
        everything: how many keep form, tones and rhyme together.
    """

    tones: Share
    rhyme: Share
    everything: Share


@dataclass(frozen=True, slots=True)
class Keeping:
    """What a set of poems keeps: the form, and the rest in both senses."""

    form: Share
    strict: Kept
    lenient: Kept

    @classmethod
    def of(cls, poems: Sequence[Verse], wanted: Sequence[Form]) -> Self:
        """Check each poem against the form that it was to have.

        Raises:
            ValueError: if there is not one form for each poem.
        """
        reports = [check("\n".join(poem.lines), form) for poem, form in zip(poems, wanted, strict=True)]

        def kept(sense: Sense) -> Kept:
            tones = [report.keeps_form and report.keeps_tones(sense) for report in reports]
            rhyme = [report.keeps_form and report.keeps_rhyme(sense) for report in reports]
            both = [one and other for one, other in zip(tones, rhyme, strict=True)]
            return Kept(Share.count(tones), Share.count(rhyme), Share.count(both))

        return cls(Share.count(report.keeps_form for report in reports), kept(Sense.STRICT), kept(Sense.LENIENT))
