"""Blind pairs of poems for a reader who sees only the texts.

python -m benchmarks.pairs draw --corpus PATH --out FOLDER [--weights FILE] [--candidates N]
python -m benchmarks.pairs count FOLDER

`draw` writes two lists of pairs, A and B, and which of them is which: the best of many candidates beside one that was
drawn alone, and the best beside a held-out Tang poem of the same form. The reader writes an answer a line, such as
`12 A`, into `best-answers.txt` and `poets-answers.txt`; `count` says how often the best was preferred.
"""

import argparse
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from random import Random

from model.corpus import load_corpus, split_corpus
from model.evaluation.intervals import Share
from model.forms import Form
from model.generation import Poet
from model.requests import PoemRequest
from model.shipped import best_weights

BEST, POETS = "best", "poets"
SIZES = {BEST: 50, POETS: 36}
_ELSEWHERE = 10**6
"""Added to the seed of a single draw: of the same seed it might be the best of many itself."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    commands = parser.add_subparsers(dest="command", required=True)
    draw = commands.add_parser("draw")
    draw.add_argument("--corpus", type=Path, required=True)
    draw.add_argument("--out", type=Path, required=True)
    draw.add_argument("--weights", type=Path)
    draw.add_argument("--candidates", type=int, default=96)
    draw.add_argument("--seed", type=int, default=0)
    count = commands.add_parser("count")
    count.add_argument("folder", type=Path)
    options = parser.parse_args()
    if options.command == "draw":
        _draw(options)
    else:
        for line in counted(options.folder):
            print(line)


def _draw(options: argparse.Namespace) -> None:
    poet = Poet.load(options.weights or best_weights())
    random = Random(options.seed)
    seeds = range(options.seed * 1000, options.seed * 1000 + sum(SIZES.values()))
    forms = [list(Form)[number % len(Form)] for number in range(len(seeds))]
    best = write(poet, forms, seeds, options.candidates)
    alone = write(poet, forms[: SIZES[BEST]], [seed + _ELSEWHERE for seed in seeds[: SIZES[BEST]]], 1)
    test = split_corpus(load_corpus(options.corpus, dynasties=("tang",)).poems).test
    poets = [
        [poem.text for poem in random.sample([poem for poem in test if poem.form is form], SIZES[POETS])]
        for form in Form
    ]
    beside = [poets[list(Form).index(form)].pop() for form in forms[SIZES[BEST] :]]
    options.out.mkdir(parents=True, exist_ok=True)
    keys = {
        name: write_pairs(options.out / f"{name}.txt", ours, others, random)
        for name, ours, others in ((BEST, best[: SIZES[BEST]], alone), (POETS, best[SIZES[BEST] :], beside))
    }
    (options.out / "key.json").write_text(json.dumps(keys), encoding="utf-8")


def write(poet: Poet, forms: Sequence[Form], seeds: Sequence[int], candidates: int) -> list[str]:
    """A poem for each form and seed, without marks of where it comes from."""
    requests = [
        PoemRequest(form=form, seed=seed, candidates=candidates) for form, seed in zip(forms, seeds, strict=True)
    ]
    return [poem.text.replace("\n", "") for poem in poet.compose_all(requests)]


def write_pairs(path: Path, ours: Sequence[str], others: Sequence[str], random: Random) -> str:
    """Write the pairs in random order. Returns for each which of the two is ours."""
    key, shown = "", []
    for number, (own, other) in enumerate(zip(ours, others, strict=True), start=1):
        side = random.choice("AB")
        key += side
        first, second = (own, other) if side == "A" else (other, own)
        shown.append(f"{number}\nA {first}\nB {second}\n")
    path.write_text("\n".join(shown), encoding="utf-8")
    return key


def counted(folder: Path) -> Iterator[str]:
    """How often the best was preferred, a line for each list that was answered."""
    keys = json.loads((folder / "key.json").read_text(encoding="utf-8"))
    for name, key in keys.items():
        answers = folder / f"{name}-answers.txt"
        if not answers.exists():
            continue
        given = dict(line.split() for line in answers.read_text(encoding="utf-8").splitlines() if line.strip())
        right = [given[str(number)] == side for number, side in enumerate(key, start=1) if str(number) in given]
        share = Share(sum(right), len(right))
        yield f"{name}: ours preferred in {share} of {share.of}"


if __name__ == "__main__":
    main()
