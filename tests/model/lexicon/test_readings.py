import json
import sys
from collections import Counter
from pathlib import Path

import pytest

from model.corpus import SourcePoem
from model.forms import Form, patterns
from model.lexicon import readings
from model.lexicon.attestation import LEAST_SEEN, attested, gather
from model.lexicon.dictionary import GROUP_OF_RHYME, dictionary_readings, glyphs, rhymes_of_guangyun, standard_forms
from model.prosody import GROUPS, LEVEL_GROUPS, READINGS_FILE, RHYME_WORDS_FILE, ToneClass

ARCHIVE = Path(__file__).parents[4] / "shared/corpus/chinese-poetry.tar.xz"
SURE = {"平": "天", "仄": "地"}
"""Characters of one tone."""
PLAIN = {"天": "先", "地": "寘", "山": "刪", "間": "刪"}


def poem(last: str = "間", second: str = "天", fixed: str = "平") -> SourcePoem:
    """A 五绝 that scans in one way alone, with a character at a fixed place of this tone, ending in this character."""
    lines = [[SURE[tone] for tone in line] for line in patterns(Form.WUJUE)[0].tones]
    lines[1][-1], lines[3][-1] = "山", last
    lines[0 if fixed == "仄" else 1][1] = second
    first, then, third, fourth = ("".join(line) for line in lines)
    return SourcePoem(f"{first}，{then}。{third}，{fourth}。")


def test_every_rhyme_of_the_dictionary_has_a_group_of_its_tone() -> None:
    found = rhymes_of_guangyun()
    assert {rhyme for rhyme, _ in found} == set(GROUP_OF_RHYME)
    assert len(GROUP_OF_RHYME) == 206
    assert set(GROUP_OF_RHYME.values()) == set(GROUPS)
    entries = Counter(dict.fromkeys(GROUP_OF_RHYME, 0))
    for (rhyme, tone), count in found.items():
        entries[rhyme] += count if GROUPS[GROUP_OF_RHYME[rhyme]] is ToneClass(tone) else 0
    assert min(entries.values()) > 0
    assert entries.total() > 0.999 * sum(found.values())


@pytest.mark.parametrize(
    ("group", "rhymes"),
    [
        *[("鹽", "鹽添嚴"), ("琰", "琰忝儼"), ("豔", "豔㮇釅"), ("葉", "葉怗"), ("洽", "洽狎業乏"), ("文", "文欣")],
        *[("真", "真諄臻"), ("霽", "霽祭"), ("卦", "卦怪夬"), ("隊", "隊代廢"), ("迥", "迥拯等"), ("徑", "徑證嶝")],
    ],
)
def test_groups_that_do_not_follow_the_rest(group: str, rhymes: str) -> None:
    assert {rhyme for rhyme, found in GROUP_OF_RHYME.items() if found == group} == set(rhymes)


def test_the_dictionary_with_what_it_lacks() -> None:
    found = dictionary_readings()
    assert found["風"] == "東送"
    assert found["涯"] == "支佳麻"
    assert found["魂"] == "元"
    # Under 之, which is level, 廣韻 prints an entering reading of this one.
    assert set(found["抾"]) <= set(GROUPS)
    assert all(set(names) <= set(GROUPS) and names for names in found.values())


def test_glyphs() -> None:
    known = {"發": "月", "髮": "月", "讎": "尤", "爲": "支", "干": "寒", "乾": "寒", "窻": "江"}
    found = glyphs(known)
    assert (found["发"], found["為"], found["为"], found["讐"], found["窗"]) == ("發髮", "爲", "爲", "讎", "窻")
    assert found["干"] == "乾"
    assert "乾" not in found
    assert standard_forms(known)["発"] == "發"


def test_a_reading_that_fills_few_of_the_places_is_dropped() -> None:
    dictionary = {**PLAIN, "風": "東送"}
    poems = [poem(second="風")] * LEAST_SEEN
    kept, evidence = attested(poems, dictionary)
    assert kept == {**PLAIN, "風": "東"}
    assert evidence.poems == LEAST_SEEN
    assert evidence.tones["風"] == {"平": LEAST_SEEN}
    assert attested(poems[1:], dictionary)[0]["風"] == "東送"
    assert attested([*poems, poem(second="風", fixed="仄")], dictionary)[0]["風"] == "東"
    assert attested([*poems, *[poem(second="風", fixed="仄")] * 2], dictionary)[0]["風"] == "東送"


def test_a_group_that_poets_do_not_rhyme_in_is_dropped() -> None:
    dictionary = {**PLAIN, "涯": "支刪寘"}
    kept, evidence = attested([poem("涯")] * LEAST_SEEN, dictionary)
    assert evidence.rhymes["涯"] == {"刪": LEAST_SEEN}
    assert kept["涯"] == "刪"


def test_a_poem_that_scans_in_no_way_or_in_several_is_no_evidence() -> None:
    lines = poem().lines
    assert gather([(Form.WUJUE, lines)], PLAIN).poems == 1
    assert gather([(Form.WUJUE, ["天" * 5] * 4)], PLAIN).poems == 0
    assert gather([(Form.WUJUE, ["兩" * 5] * 4)], {"兩": "東送"}).poems == 0
    assert gather([(Form.WUJUE, ["unknown"[:5]] * 4)], {}).poems == 0


def test_what_poems_hardly_use_counts_as_another_glyph() -> None:
    used = {"聽": 100, "几": 10, "幾": 200, "間": 500}
    found = readings.candidates(used)
    assert "听" not in found
    assert found["几"] == "紙"
    assert set(found["間"]) == {"刪", "諫"}
    assert "為" in readings.candidates({"為": LEAST_SEEN})


def test_the_tables_that_ship_rest_on_the_dictionary() -> None:
    table = [line.split(" ") for line in READINGS_FILE.read_text(encoding="utf-8").splitlines()[1:] if line[1] == " "]
    found = dictionary_readings()
    assert all(set(names) <= set(found[character]) for character, names in table if character in found)
    # The rest are glyphs that 廣韻 lacks and poems use.
    assert sum(character not in found for character, _ in table) < 200


def test_the_command_writes_both_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    monkeypatch.setattr(readings, "version", lambda _package: "0")
    texts = [f"白日依山盡，黃河入海{word}。欲窮千里目，更上一層樓。" for word in "流愁秋州舟"]
    poems = [{"paragraphs": [text], "title": "", "author": ""} for text in texts]
    (tmp_path / "poet.tang.0.json").write_text(json.dumps(poems), encoding="utf-8")
    readings.main([str(tmp_path)])
    table, report = (text.decode() for text in capfdbinary.readouterr())
    assert table.startswith("# ")
    assert "\n風 東送\n" in table
    assert "\n发=發髮\n" in table
    assert report.startswith("known 100")
    monkeypatch.setattr(sys, "argv", ["readings"])
    readings.main([str(tmp_path), "--rhyme-words"])
    lines = capfdbinary.readouterr().out.decode().splitlines()[1:]
    assert [line[0] for line in lines] == list(LEVEL_GROUPS)


def test_the_tones_of_the_places_are_counted() -> None:
    poems = [*[poem(second="重")] * 3, poem(second="重", fixed="仄"), poem(second="風")]
    kept, evidence = attested(poems, {**PLAIN, "重": "冬腫", "風": "東", "難": "寒翰"})
    assert readings.tones_table(kept, evidence) == "重 3 1\n"


@pytest.mark.soak
@pytest.mark.skipif(not ARCHIVE.is_file(), reason="needs ../shared/corpus/chinese-poetry.tar.xz")
def test_the_tables_are_what_the_command_makes(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    readings.main([str(ARCHIVE)])
    assert capfdbinary.readouterr().out == READINGS_FILE.read_bytes()
    readings.main([str(ARCHIVE), "--rhyme-words"])
    assert capfdbinary.readouterr().out == RHYME_WORDS_FILE.read_bytes()
