"""A network with its vocabulary that writes poems."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from model import checkpoint
from model.constraints import Constraints
from model.decoding import Draft, write
from model.device import choose_device
from model.errors import BadStart, CheckpointError
from model.forms import Form
from model.header import Header, fingerprint
from model.network import NetworkConfiguration, PoemNetwork
from model.requests import Poem, PoemRequest
from model.script import Script, convert, normalise, script_of
from model.starts import check_start
from model.stepping import Stepper
from model.vocabulary import COMMA, STOP, Vocabulary

DRAWN_SEEDS = 2**53
"""Seeds that are drawn stay below this, so that JSON and Discord carry them without loss."""


class Poet:
    """Writes poems; two threads must not use it at the same time."""

    def __init__(
        self,
        network: PoemNetwork,
        vocabulary: Vocabulary,
        script: Script,
        weights: str = "",
        header: Header | None = None,
    ) -> None:
        self.network = network
        self.vocabulary = vocabulary
        self.script = script
        self.weights = weights
        self.header = header
        self._stepper = Stepper(network)
        self._constraints = Constraints(vocabulary, network.embedding.weight.device)
        # The most frequent of the characters that read the same: a start may be typed in another script or glyph.
        self._relatives = {normalise(character): character for character in reversed(vocabulary.characters)}

    @classmethod
    def load(cls, path: Path | str, device: str = "auto") -> Self:
        """Read weights from a file.

        Raises:
            CheckpointError: naming the file and the reason.
            ModelError: for a device that is not there.
        """
        path = Path(path)
        header, tensors = checkpoint.load(path, "poem")
        try:
            configuration = NetworkConfiguration.model_validate(header.configuration)
            vocabulary = Vocabulary(header.characters)
            script = Script(header.script or "")
            if configuration.symbols != len(vocabulary):
                raise ValueError("its vocabulary does not fit its network")
            network = checkpoint.build(lambda: PoemNetwork(configuration), tensors, path)
            return cls(network.to(choose_device(device)), vocabulary, script, fingerprint(path), header)
        except ValueError as error:
            reason = str(error).replace("\n", " ")
            raise CheckpointError(
                f"{path}: the header is damaged ({reason}); take the file from where it came"
            ) from None

    def compose(
        self,
        start: str | None = None,
        form: Form | str | None = None,
        count: int = 1,
        seed: int | None = None,
        **options: Any,
    ) -> list[Poem]:
        """Write poems that differ by their seeds: `seed`, `seed + 1`, and so on.

        Args:
            start: what each begins with, one character or several.
            form: which form each has; the network's choice where none is given.
            count: how many.
            seed: of the first; drawn where none is given.
            options: the other fields of `PoemRequest`.

        Raises:
            BadStart: for a start that no poem can begin with.
            ValueError: for a form that does not exist or an option out of its range.
        """
        first = secrets.randbelow(DRAWN_SEEDS) if seed is None else seed
        request = PoemRequest(start=start, form=Form(form) if form else None, **options)
        return self.compose_all([replace(request, seed=first + number) for number in range(count)])

    def compose_all(self, requests: Sequence[PoemRequest]) -> list[Poem]:
        """Write a poem for each request, all at once; each is the same as if it were asked for alone.

        Raises:
            BadStart: for the first request whose start no poem can begin with.
        """
        drafts = [self._drafts(request) for request in requests]
        write(self._stepper, self._constraints, [draft for candidates in drafts for draft in candidates])
        return [self._poem(max(candidates, key=lambda draft: draft.score)) for candidates in drafts]

    def _drafts(self, request: PoemRequest) -> list[Draft]:
        given, unknown = self._read(request)
        if unknown and request.on_unknown == "error":
            raise BadStart("unknown", "".join(unknown))
        seed = secrets.randbelow(DRAWN_SEEDS) if request.seed is None else request.seed
        ids = self.vocabulary.encode(given)
        return [Draft(request, seed, candidate, ids) for candidate in range(request.candidates)]

    def _read(self, request: PoemRequest) -> tuple[str, tuple[str, ...]]:
        """The start in the network's own characters, and those that it does not know."""
        if request.start is None:
            return "", ()
        start = check_start(request.start)
        if request.form and len(start) > request.form.line_length * request.form.line_count:
            raise BadStart("too_long", start)
        own = "".join(
            next((choice for choice in choices if choice in self.vocabulary), typed)
            for typed, *choices in zip(
                start,
                convert(start, self.script),
                start,
                (self._relatives.get(normalise(character), character) for character in start),
                strict=True,
            )
        )
        return own, tuple(
            typed for typed, character in zip(start, own, strict=True) if character not in self.vocabulary
        )

    def _poem(self, draft: Draft) -> Poem:
        request = draft.request
        _, unknown = self._read(request)
        start = check_start(request.start) if request.start else ""
        script = request.script or script_of(start) or self.script
        text = list(convert(self._text(draft.written), script))
        # What the person gave stands as it was typed, also where the network has no character for it.
        places = [place for place, character in enumerate(text) if character not in {COMMA, STOP}]
        for place, typed in zip(places, start, strict=False):
            text[place] = typed
        shown = "".join(text).replace(STOP, STOP + "\n").strip()
        lines = tuple(line for line in shown.replace(STOP, COMMA).replace("\n", "").split(COMMA) if line)
        return Poem(
            text=shown,
            lines=lines,
            form=Form.detect(lines),
            start=start,
            seed=draft.seed,
            weights=self.weights,
            script=script,
            unknown=unknown,
            request=replace(request, seed=draft.seed),
        )

    def _text(self, written: Sequence[int]) -> str:
        """What was written, one character a symbol; 〇 holds the place of an unknown one."""
        return "".join(self.vocabulary.decode([number]) or "〇" for number in written[:-1])
