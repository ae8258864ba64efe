"""Weights that a training run begins from, in place of a first draw."""

from pathlib import Path

from model import checkpoint
from model.configuration import NetworkConfiguration
from model.errors import CheckpointError, TrainingError
from model.header import fingerprint
from model.network import PoemNetwork
from model.recipes import PoemRecipe
from model.script import Script
from model.vocabulary import Vocabulary


class Origin:
    """A network that was trained before, and the characters it knows."""

    def __init__(self, path: Path, recipe: PoemRecipe) -> None:
        """Read the weights, and hold them against the recipe.

        Raises:
            TrainingError: if the recipe builds another network.
            CheckpointError: if the file cannot be read.
        """
        header, tensors = checkpoint.load(path, "poem")
        if header.script is None:
            raise CheckpointError(f"{path}: the header names no script; take the file from where it came once more")
        self.script = Script(header.script)
        self.name = fingerprint(path)
        self.vocabulary = Vocabulary(header.characters)
        own = NetworkConfiguration.model_validate(header.configuration)
        odd = own.unlike(recipe)
        if own.symbols != len(self.vocabulary):
            odd.append(f"symbols is {own.symbols} in the file, and its characters make {len(self.vocabulary)}")
        if odd:
            raise TrainingError(f"{path} does not fit the recipe ({'; '.join(odd)}); name the recipe it was made by")
        self.network = checkpoint.build(
            lambda: PoemNetwork(NetworkConfiguration.of(recipe, len(self.vocabulary))), tensors, path
        )
