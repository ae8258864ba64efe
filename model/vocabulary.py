"""Characters to numbers and back."""

from collections import Counter
from collections.abc import Iterable, Sequence

PAD, UNKNOWN, BEGIN, END = range(4)
SPECIALS = 4

COMMA = "，"
STOP = "。"


class Vocabulary:
    """The symbols that a network knows: four special ones, then characters from frequent to rare.

    Ids: 0 pads a batch, 1 stands for every character that is not known, 2 begins and 3 ends a poem; the characters
    follow from 4.
    """

    def __init__(self, characters: Sequence[str]) -> None:
        """Take the characters in the order of their ids.

        Raises:
            ValueError: if an entry is not one character, or stands twice.
        """
        self.characters = tuple(characters)
        self._ids = {character: number for number, character in enumerate(self.characters, start=SPECIALS)}
        if len(self._ids) != len(self.characters) or any(len(character) != 1 for character in self.characters):
            raise ValueError("a vocabulary is a list of different single characters")

    @classmethod
    def build(cls, texts: Iterable[str], floor: int = 1) -> "Vocabulary":
        """Count the characters of the texts and keep those that occur at least `floor` times.

        Equally frequent characters stand in the order of their code points, so that the same texts in any order
        give the same vocabulary.
        """
        counts: Counter[str] = Counter()
        for text in texts:
            counts.update(text)
        kept = [character for character, count in counts.items() if count >= floor]
        return cls(sorted(kept, key=lambda character: (-counts[character], character)))

    def __len__(self) -> int:
        return SPECIALS + len(self.characters)

    def __contains__(self, character: object) -> bool:
        return character in self._ids

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Vocabulary) and self.characters == other.characters

    def __hash__(self) -> int:
        return hash(self.characters)

    def id_of(self, character: str) -> int:
        """The character's id; `UNKNOWN` where it has none."""
        return self._ids.get(character, UNKNOWN)

    def encode(self, text: str) -> list[int]:
        """One id a character, without begin and end."""
        return [self.id_of(character) for character in text]

    def decode(self, ids: Iterable[int]) -> str:
        """The characters of the ids; the special symbols are left out.

        Raises:
            IndexError: for an id outside of the vocabulary.
        """
        return "".join(self.characters[number - SPECIALS] for number in ids if number >= SPECIALS)
