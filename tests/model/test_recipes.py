"""Named recipes, and changes to them."""

from typing import get_args

import pytest
import torch

from model.configuration import NetworkConfiguration
from model.errors import RecipeError
from model.network import PoemNetwork
from model.recipes import AdderRecipe, Cell, PoemRecipe, load_recipe, recipe_names

ADDERS = {"adder", "subtractor", "adder-3", "adder-gru", "adder-lstm", "learn2carry", "adder-live"}


def poem_recipe(name: str, *changes: str) -> PoemRecipe:
    recipe = load_recipe(name, changes)
    assert isinstance(recipe, PoemRecipe)
    return recipe


@pytest.mark.parametrize("name", recipe_names())
def test_every_recipe_can_be_read(name: str) -> None:
    recipe = load_recipe(name)
    assert isinstance(recipe, AdderRecipe if name in ADDERS else PoemRecipe)


def test_the_exercises_settings_are_kept() -> None:
    assert {"simple-rnn", "lstm", "lstm-rmsprop", "gru", "adder"} <= set(recipe_names())
    simple = poem_recipe("simple-rnn")
    assert (simple.cell, simple.embedding, simple.hidden, simple.layers) == ("rnn", 64, 128, 1)
    assert (simple.optimizer, simple.learning_rate, simple.batch, simple.epochs) == ("adam", 5e-4, 100, 20)
    assert simple.loss == "poem"
    lstm = poem_recipe("lstm")
    assert (lstm.cell, lstm.embedding, lstm.hidden, lstm.layers) == ("lstm", 100, 128, 2)
    assert (lstm.optimizer, lstm.learning_rate, lstm.batch, lstm.epochs) == ("adam", 1e-3, 32, 30)
    assert lstm.initialisation == {"output": "xavier_uniform"}
    other = poem_recipe("lstm-rmsprop")
    assert (other.cell, other.optimizer, other.learning_rate, other.batch) == ("lstm", "rmsprop", 0.01, 100)
    assert other.clip == 1
    gru = poem_recipe("gru")
    assert gru.model_copy(update={"cell": "lstm"}) == lstm


def test_networks_to_be_compared_differ_in_their_cell_alone() -> None:
    recipes = [poem_recipe(f"compare-{cell}") for cell in get_args(Cell)]
    assert len({recipe.model_copy(update={"cell": "rnn", "hidden": 1}).model_dump_json() for recipe in recipes}) == 1
    with torch.device("meta"):
        networks = [PoemNetwork(NetworkConfiguration.of(recipe, 3929)) for recipe in recipes]
    weights = [sum(parameter.numel() for parameter in network.parameters()) for network in networks]
    assert max(weights) < 1.001 * min(weights)
    assert 2 * max(weights) < 2_000_000


def test_changes_are_written_as_in_toml() -> None:
    recipe = poem_recipe(
        "lstm",
        "epochs=3",
        " learning_rate = 1e-2",
        "tied=true",
        "cell=gru",
        'optimizer="adamw"',
        "initialisation={ recurrent = 'orthogonal' }",
        "dynasties=[]",
    )
    assert (recipe.epochs, recipe.learning_rate, recipe.tied, recipe.cell) == (3, 0.01, True, "gru")
    assert recipe.optimizer == "adamw"
    assert recipe.initialisation == {"recurrent": "orthogonal"}
    assert recipe.dynasties == ()


def test_an_unknown_recipe_names_the_known_ones() -> None:
    with pytest.raises(RecipeError, match=r"no recipe 'sonnet'; choose one of: .*simple-rnn.*adder"):
        load_recipe("sonnet")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("epochs", "'epochs' is no change of a recipe; write key=value"),
        ("=3", "'=3' is no change of a recipe"),
        ("epochs=0", "epochs: Input should be greater than or equal to 1"),
        ("epochs=many", "epochs: Input should be a valid integer"),
        ("epoch=3", "epoch: Extra inputs are not permitted"),
        ("learning_rate=nan", "learning_rate"),
        ("learning_rate=-1", "learning_rate"),
        ("dropout=1", "dropout"),
        ("dropout=nan", "dropout"),
        ("cell=tree", "cell: Input should be 'rnn', 'gru' or 'lstm'"),
        ("layers=9", "layers"),
        ("hidden=100000", "hidden"),
        ("clip=0", "clip"),
        ("initialisation={ embedding = 'magic' }", "initialisation.embedding"),
        ("initialisation={ head = 'normal' }", "initialisation.head"),
        ("dynasties=['ming']", "dynasties.0"),
    ],
)
def test_wrong_changes_are_named(change: str, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        load_recipe("lstm", [change])
    assert said in str(caught.value)
    assert "\n" not in str(caught.value)


def test_all_wrong_values_are_named_at_once() -> None:
    with pytest.raises(RecipeError, match=r"epochs.*; batch|batch.*; epochs"):
        load_recipe("lstm", ["epochs=0", "batch=0"])


def test_warmup_and_decay_fit_into_the_run() -> None:
    assert poem_recipe("lstm", "warmup=0.25", "decay=0.75").decay == 0.75
    with pytest.raises(RecipeError, match=r"recipe 'lstm' has wrong values: lstm: .*warmup and decay"):
        load_recipe("lstm", ["warmup=0.5", "decay=0.75"])


def test_an_adder_takes_its_own_settings_only() -> None:
    with pytest.raises(RecipeError, match="epochs: Extra inputs"):
        load_recipe("adder", ["epochs=3"])
