"""What the tests of versions share: weights that differ, and a child that answers without being run."""

from pathlib import Path
from typing import Any

from bot.services.children import Bounds, Children
from model import checkpoint

BETTER = {"bits": 7.9, "against": 8.0, "difference": -0.1, "low": -0.2, "high": -0.05, "ratio": 0.9875}
WORSE = BETTER | {"bits": 8.1, "difference": 0.1, "low": 0.05, "high": 0.2, "ratio": 1.0125}


def other_weights(source: Path, path: Path, *, factor: float = 1.1) -> Path:
    """Weights of the same network that write otherwise."""
    header, tensors = checkpoint.load(source, "poem")
    checkpoint.save(path, {name: tensor * factor for name, tensor in tensors.items()}, header)
    return path


def tampered(source: Path, path: Path) -> Path:
    """The same file with one bit of a tensor turned."""
    content = bytearray(source.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    return path


def measured(versus: dict[str, float] | None = None, *, kept: int = 200, poems: int = 715) -> dict[str, Any]:
    """What `evaluate` answers."""
    answer = {"poems": poems, "perplexity_per_character": 200.0, "verse": {"hits": kept, "of": 200}}
    return answer | ({"versus": versus} if versus else {})


class FakeChildren(Children):
    """Answers by the first word that it is called with, and the file of poems; nothing is run."""

    def __init__(self, **answers: Any) -> None:
        super().__init__()
        self.answers = answers
        self.asked: list[list[str]] = []

    async def run(self, *arguments: str | Path, bounds: Bounds) -> dict[str, Any]:
        assert bounds.seconds
        return self._say([str(argument) for argument in arguments])

    async def run_long(self, *arguments: str | Path, bounds: Bounds) -> dict[str, Any]:
        return await self.run(*arguments, bounds=bounds)

    def _say(self, words: list[str]) -> dict[str, Any]:
        self.asked.append(words)
        if words[:2] == ["corpus", "listed"]:
            out = Path(words[words.index("--out") + 1])
            out.parent.mkdir(parents=True, exist_ok=True)
            out.write_text("[]")
            return {"poems": self.answers.get("listed", 1003)}
        answer = self.answers["favorites" if "favorites/" in " ".join(words) else words[0]]
        if isinstance(answer, Exception):
            raise answer
        return dict(answer)
