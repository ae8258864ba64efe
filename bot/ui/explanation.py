"""The card that explains a cell, its pictures, and what they show for those who hear it."""

import io
from collections.abc import Iterator, Mapping
from typing import Final

import discord
from discord.utils import escape_markdown

from bot.services.cell_pictures import Picture, Subject
from bot.services.explain import Excerpt
from bot.services.fonts import Typeface
from bot.ui.cells.formulas import FORMULAS, GATE_NAMES
from bot.ui.guards import GuardedLayout
from bot.words import Language, say
from model.insight.facts import Facts, measured
from model.insight.reading import GATES, Reading
from model.recipes import Cell

BLUE: Final = discord.Colour(0x2F5D8A)
SHORT_WEIGHTS: Final = 8
SMALL: Final = 0.01
"""An influence under this share of the nearest one counts as gone."""


def draw_cell(subject: Subject, language: Language, typeface: Typeface | None) -> bytes:
    """A picture of a cell as a PNG. It computes, so it belongs beside the event loop."""
    from bot.ui.cells import diagram, equations, heat, reach  # noqa: PLC0415 - matplotlib takes half a second

    match subject:
        case Subject(Picture.DIAGRAM, cell):
            return diagram.draw_diagram(cell, language, typeface)
        case Subject(Picture.EQUATIONS, cell):
            return equations.draw_equations(cell, language, typeface)
        case Subject(Picture.GATES, _, Reading() as reading):
            return heat.draw_gates(reading, language, typeface)
        case _:
            return reach.draw_reach(measured(), subject.cell, language, typeface)


def cell_files(cell: Cell, pictures: Mapping[Picture, bytes]) -> list[discord.File]:
    return [discord.File(io.BytesIO(content), _file_name(cell, picture)) for picture, content in pictures.items()]


class ExplanationCard(GuardedLayout):
    """What a cell is, in words and pictures; with a poem, what its gates did."""

    def __init__(self, cell: Cell, excerpt: Excerpt | None, language: Language, command: str) -> None:
        """Nothing is sent yet.

        Args:
            cell: which.
            excerpt: a poem and its gates; None where no start was given.
            language: of the words.
            command: as it is mentioned.
        """
        super().__init__(timeout=None)
        facts = measured()
        container: discord.ui.Container[ExplanationCard] = discord.ui.Container(accent_colour=BLUE)
        title, about = say(language, f"cell.{cell}"), say(language, f"explain.about.{cell}")
        container.add_item(discord.ui.TextDisplay(f"### {title}\n{about}"))
        container.add_item(_gallery(cell, Picture.DIAGRAM, diagram_alt(cell, language)))
        container.add_item(_gallery(cell, Picture.EQUATIONS, equations_alt(cell, language)))
        if excerpt is not None:
            container.add_item(discord.ui.TextDisplay(_poem(excerpt, language)))
            container.add_item(_gallery(cell, Picture.GATES, gates_alt(excerpt.reading, language)))
            container.add_item(discord.ui.TextDisplay(f"-# {say(language, f'explain.gates.{cell}')}"))
        container.add_item(discord.ui.TextDisplay(_reach(facts, language)))
        container.add_item(_gallery(cell, Picture.REACH, reach_alt(facts, language)))
        small_print = [_equal(facts, language)]
        if excerpt is None:
            small_print.append(say(language, "explain.hint", command=command, cell=cell.upper()))
        container.add_item(discord.ui.TextDisplay("\n".join(small_print)))
        self.add_item(container)
        self.stop()


def diagram_alt(cell: Cell, language: Language) -> str:
    return say(language, "explain.alt.diagram", flow=say(language, f"explain.flow.{cell}"))


def equations_alt(cell: Cell, language: Language) -> str:
    formulas = "; ".join(
        f"{say(language, f'explain.part.{name}')}: {formula.plain}" for name, formula in FORMULAS[cell].items()
    )
    return say(language, "explain.alt.equations", formulas=formulas)


def gates_alt(reading: Reading, language: Language) -> str:
    gates = " ".join(_gates(reading, language))
    return say(language, "explain.alt.gates", count=len(reading.characters), gates=gates)


def reach_alt(facts: Facts, language: Language) -> str:
    return say(language, "explain.alt.reach", curves=" ".join(_curves(facts, language)))


def _gallery(cell: Cell, picture: Picture, alt_text: str) -> "discord.ui.MediaGallery[ExplanationCard]":
    url = f"attachment://{_file_name(cell, picture)}"
    return discord.ui.MediaGallery(discord.MediaGalleryItem(url, description=alt_text))


def _file_name(cell: Cell, picture: Picture) -> str:
    return f"{cell}-{picture}.png"


def _poem(excerpt: Excerpt, language: Language) -> str:
    poem = excerpt.poem
    said = say(language, "explain.poem", weights=poem.weights[:SHORT_WEIGHTS], seed=poem.seed)
    return f"{said}\n{escape_markdown(poem.text)}"


def _gates(reading: Reading, language: Language) -> Iterator[str]:
    for gate in GATES[reading.cell]:
        means = reading.means(gate)
        most, least = means.index(max(means)), means.index(min(means))
        yield say(
            language,
            "explain.alt.size" if gate == "h" else "explain.alt.gate",
            gate=say(language, f"explain.part.{GATE_NAMES[gate]}"),
            mean=_percent(sum(means) / len(means)),
            most=reading.characters[most],
            most_percent=_percent(means[most]),
            least=reading.characters[least],
            least_percent=_percent(means[least]),
        )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}"


def _curves(facts: Facts, language: Language) -> Iterator[str]:
    for cell, own in facts.cells.items():
        yield say(
            language,
            "explain.alt.curve",
            cell=cell.upper(),
            first=f"{own.trained[0]:.2g}",
            last=f"{own.trained[-1]:.2g}",
            steps=len(own.trained) - 1,
            first_before=f"{own.untrained[0]:.2g}",
            last_before=f"{own.untrained[-1]:.2g}",
        )


def _reach(facts: Facts, language: Language) -> str:
    """After how many steps little is left of an influence, by cell, trained and untrained."""
    values = {}
    for cell, own in facts.cells.items():
        for name, curve in ((cell, own.trained), (f"{cell}_before", own.untrained)):
            steps = own.reach(curve, SMALL)
            values[name] = str(steps) if steps < len(curve) else say(language, "explain.further", steps=steps - 1)
    return say(language, "explain.reach", poems=facts.poems, **values)


def _equal(facts: Facts, language: Language) -> str:
    """That the comparison is a fair one."""
    cells = facts.cells
    return say(
        language,
        "explain.equal",
        parameters=f"{round(sum(own.parameters for own in cells.values()) / len(cells), -3):,.0f}",
        foretold=facts.foretold,
        **{f"{cell}_hidden": own.hidden for cell, own in cells.items()},
        **{cell: f"{own.perplexity:.0f}" for cell, own in cells.items()},
    )
