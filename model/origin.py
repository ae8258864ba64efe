"""Weights that a training run begins from, in place of a first draw."""

from pathlib import Path

from model import checkpoint
from model.configuration import NetworkConfiguration
from model.errors import TrainingError
from model.header import fingerprint
from model.network import PoemNetwork
from model.recipes import PoemRecipe
from model.script import Script
from model.vocabulary import Vocabulary

_FREE = {"dropout"}
"""What may differ from the recipe: it has no weights."""


class Origin:
    """A network that was trained before, and the characters it knows."""

    def __init__(self, path: Path, recipe: PoemRecipe) -> None:
        """Read the weights, and hold them against the recipe.

        Raises:
            TrainingError: if the recipe builds another network.
            CheckpointError: if the file cannot be read.
        """
        header, tensors = checkpoint.load(path, "poem")
        self.script = Script(header.script)
        self.name = fingerprint(path)
        self.vocabulary = Vocabulary(header.characters)
        wanted = NetworkConfiguration.of(recipe, len(self.vocabulary))
        own = NetworkConfiguration.model_validate(header.configuration)
        odd = [
            f"{name} is {getattr(own, name)} in the file and {value} in the recipe"
            for name, value in wanted.model_dump(exclude=_FREE).items()
            if getattr(own, name) != value
        ]
        if odd:
            raise TrainingError(f"{path} does not fit the recipe ({'; '.join(odd)}); name the recipe it was made by")
        self.network = checkpoint.build(lambda: PoemNetwork(wanted), tensors, path)
