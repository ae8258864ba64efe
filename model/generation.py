"""A network with its vocabulary that writes poems."""

import secrets
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from pydantic import ValidationError

from model import checkpoint
from model.constraints import Constraints
from model.decoding import Draft, Start, write
from model.device import choose_device
from model.errors import BadStart, CheckpointError
from model.forms import Form
from model.header import Header, fingerprint, first_fault
from model.network import NetworkConfiguration, PoemNetwork
from model.requests import DRAWN_SEEDS, Poem, PoemRequest
from model.script import Script, convert, normalise, script_of
from model.starts import check_start
from model.stepping import make_stepper
from model.vocabulary import COMMA, SPECIALS, STOP, Vocabulary


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
        self.network = network.eval()
        self.vocabulary = vocabulary
        self.script = script
        self.weights = weights
        self.header = header
        self._stepper = make_stepper(network)
        self._constraints = Constraints(vocabulary)
        # One character a symbol: unknown ones hold the place of what was typed.
        self._shown = ("〇",) * SPECIALS + vocabulary.characters
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
            reason = first_fault(error) if isinstance(error, ValidationError) else str(error)
            raise CheckpointError(
                f"{path}: the header is damaged ({reason}); take the file from where it came once more"
            ) from None

    def compose(
        self,
        start: str | Sequence[str] | None = None,
        form: Form | str | None = None,
        count: int = 1,
        seed: int | None = None,
        script: Script | str | None = None,
        **options: Any,
    ) -> list[Poem]:
        """Write poems that differ by their seeds: `seed`, `seed + 1`, and so on.

        Args:
            start: what each begins with, one character or several; of a list each start has its poems.
            form: which form each has; the network's choice where none is given.
            count: how many for each start.
            seed: of the first; drawn where none is given.
            script: in which each is written; that of the start where none is given.
            options: the other fields of `PoemRequest`.

        Raises:
            BadStart: for a start that no poem can begin with.
            ValueError: for a form or script that does not exist, or an option out of its range.
        """
        first = secrets.randbelow(DRAWN_SEEDS) if seed is None else seed
        starts = [start] if start is None or isinstance(start, str) else start
        common = PoemRequest(
            form=Form(form) if form else None, script=Script(script) if script else None, seed=first, **options
        )
        return self.compose_all(
            [replace(common, start=one, seed=first + number) for one in starts for number in range(count)]
        )

    def compose_all(self, requests: Sequence[PoemRequest]) -> list[Poem]:
        """Write a poem for each request, all at once; each is the same as if it were asked for alone.

        Raises:
            BadStart: for the first request whose start no poem can begin with.
        """
        drafts = [self._drafts(request) for request in requests]
        write(self._stepper, self._constraints, [draft for candidates in drafts for draft in candidates])
        return [self._poem(max(candidates, key=lambda draft: draft.score)) for candidates in drafts]

    def _drafts(self, request: PoemRequest) -> list[Draft]:
        start = self._read(request)
        if start.unknown and request.on_unknown == "error":
            raise BadStart("unknown", "".join(start.unknown))
        seed = secrets.randbelow(DRAWN_SEEDS) if request.seed is None else request.seed
        return [Draft(request, seed, candidate, start) for candidate in range(request.candidates)]

    def _read(self, request: PoemRequest) -> Start:
        """The start in the network's own characters."""
        if request.start is None:
            return Start()
        typed = check_start(request.start)
        if request.form and len(typed) > request.form.line_length * request.form.line_count:
            raise BadStart("too_long", typed)
        own = [
            next((choice for choice in choices if choice in self.vocabulary), "")
            for choices in zip(
                convert(typed, self.script),
                typed,
                (self._relatives.get(normalise(character), "") for character in typed),
                strict=True,
            )
        ]
        unknown = tuple(character for character, found in zip(typed, own, strict=True) if not found)
        return Start(typed, tuple(map(self.vocabulary.id_of, own)), unknown)

    def _poem(self, draft: Draft) -> Poem:
        request, start = draft.request, draft.start
        script = request.script or script_of(start.typed) or self.script
        own = "".join(map(self._shown.__getitem__, draft.written[:-1]))
        text = list(own if script is self.script else convert(own, script))
        # What the person gave stands as it was typed, also where the network has no character for it.
        places = [place for place, character in enumerate(text) if character not in {COMMA, STOP}]
        for place, typed in zip(places, start.typed, strict=False):
            text[place] = typed
        shown = "".join(text).replace(STOP, STOP + "\n").strip()
        lines = tuple(line for line in shown.replace(STOP, COMMA).replace("\n", "").split(COMMA) if line)
        return Poem(
            text=shown,
            lines=lines,
            form=Form.detect(lines),
            start=start.typed,
            seed=draft.seed,
            weights=self.weights,
            script=script,
            unknown=start.unknown,
            request=request if request.seed is not None else replace(request, seed=draft.seed),
        )
