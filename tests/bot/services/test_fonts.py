"""Which typeface a poem is set in: Kai before Song, each script its own, and whatever has all the characters."""

import os
from pathlib import Path

import pytest

from bot.services import fonts as module
from bot.services.fonts import AUTO, Fonts, NoGlyph, NoTypeface
from model.script import Script
from tests.bot.typefaces import collection, typeface

POEM = "月山风花"
SONG = "Noto Serif CJK SC"


@pytest.fixture(autouse=True)
def no_fonts_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setattr(module, "_FOLDERS", (str(tmp_path / "fonts"), str(tmp_path / "none")))
    (tmp_path / "bin").mkdir()
    (tmp_path / "fonts").mkdir()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "fonts"


def fontconfig(tmp_path: Path, script: str) -> None:
    """An fc-list that does what the script says."""
    program = tmp_path / "bin" / "fc-list"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


def families(fonts: Fonts, script: Script) -> list[str]:
    return [face.family for face in fonts.typefaces(script)]


def test_kai_goes_before_song_and_each_script_has_its_own(folder: Path) -> None:
    for number, family in enumerate([SONG, "Noto Serif CJK TC", "AR PL UKai TW", "AR PL UKai CN", "WenQuanYi Zen Hei"]):
        typeface(folder / f"ukai{number}.ttf", family=family)
    fonts = Fonts(AUTO)

    assert families(fonts, Script.HANS) == [
        "AR PL UKai CN",
        "AR PL UKai TW",
        SONG,
        "Noto Serif CJK TC",
        "WenQuanYi Zen Hei",
    ]
    assert families(fonts, Script.HANT) == [
        "AR PL UKai TW",
        "AR PL UKai CN",
        "Noto Serif CJK TC",
        SONG,
        "WenQuanYi Zen Hei",
    ]


def test_of_several_weights_the_regular_one_is_taken(folder: Path) -> None:
    for weight in (900, 400, 200):
        typeface(folder / f"ukai{weight}.ttf", weight=weight)

    assert Fonts(AUTO).best(POEM, Script.HANS).path.name == "ukai400.ttf"


def test_only_families_for_verse_are_taken(folder: Path) -> None:
    typeface(folder / "ukai.ttf", family="Comic Sans MS")
    typeface(folder / "comic.ttf")
    typeface(folder / "ukai.pdf")

    with pytest.raises(NoTypeface):
        Fonts(AUTO).best(POEM, Script.HANS)


def test_fontconfig_is_asked(tmp_path: Path) -> None:
    path = typeface(tmp_path / "anywhere.ttf")
    other = tmp_path / "other.ttf"
    fontconfig(tmp_path, f'printf "%s\\t%s\\n" "{path}" "文鼎楷,AR PL UKai CN" "{other}" "Comic Sans MS"')

    assert Fonts(AUTO).best(POEM, Script.HANS).path == path


@pytest.mark.parametrize("script", ["exit 1", "kill -9 $$"])
def test_a_fontconfig_that_fails_is_told_and_the_folders_are_looked_into(
    tmp_path: Path, folder: Path, script: str, caplog: pytest.LogCaptureFixture
) -> None:
    fontconfig(tmp_path, script)
    path = typeface(folder / "ukai.ttf")

    assert Fonts(AUTO).best(POEM, Script.HANS).path == path
    assert "Fontconfig cannot be asked" in caplog.text


def test_a_fontconfig_that_says_nothing_is_not_waited_for(
    tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fontconfig(tmp_path, "exec /bin/sleep 60")
    monkeypatch.setattr(module, "_LIST_SECONDS", 0.05)
    path = typeface(folder / "ukai.ttf")

    assert Fonts(AUTO).best(POEM, Script.HANS).path == path


def test_a_typeface_that_lacks_a_character_gives_way_to_the_next(folder: Path) -> None:
    typeface(folder / "ukai.ttf")
    typeface(folder / "uming.ttf", POEM + "龘", family=SONG)
    fonts = Fonts(AUTO)

    assert fonts.best(POEM, Script.HANS).path.name == "ukai.ttf"
    assert fonts.best(POEM + "龘", Script.HANS).path.name == "uming.ttf"


def test_characters_that_no_typeface_has_are_named(folder: Path) -> None:
    typeface(folder / "ukai.ttf")
    typeface(folder / "uming.ttf", "龘", family=SONG)

    with pytest.raises(NoGlyph) as refused:
        Fonts(AUTO).best(POEM + "龘龘靐", Script.HANS)
    assert refused.value.values == {"characters": "龘靐"}
    with pytest.raises(NoGlyph) as refused:
        Fonts(AUTO).best("甲乙丙丁戊己庚辛壬癸", Script.HANS)
    assert refused.value.values == {"characters": "甲乙丙丁戊己庚辛"}


def test_a_typeface_that_comes_later_is_found(folder: Path) -> None:
    fonts = Fonts(AUTO)
    with pytest.raises(NoTypeface):
        fonts.best(POEM, Script.HANS)
    typeface(folder / "ukai.ttf")

    assert fonts.best(POEM, Script.HANS)


def test_what_was_found_is_not_looked_for_again_until_it_is_forgotten(folder: Path) -> None:
    path = typeface(folder / "ukai.ttf")
    fonts = Fonts(AUTO)
    fonts.best(POEM, Script.HANS)
    path.unlink()

    assert fonts.best(POEM, Script.HANS).path == path
    fonts.forget()
    with pytest.raises(NoTypeface):
        fonts.best(POEM, Script.HANS)


def test_a_file_of_several_faces_gives_each_script_its_own(folder: Path) -> None:
    collection(folder / "Kaiti.ttc", [("Kaiti SC", POEM), ("Kaiti TC", "風")])
    fonts = Fonts(AUTO)

    assert fonts.best(POEM, Script.HANT).index == 0
    assert fonts.best("風", Script.HANS).index == 1


def test_a_named_file_is_taken_alone(folder: Path, tmp_path: Path) -> None:
    typeface(folder / "ukai.ttf", POEM + "龘")
    named = typeface(tmp_path / "mine.ttf", family="Mine")
    fonts = Fonts(str(named))

    assert fonts.best(POEM, Script.HANS).path == named
    with pytest.raises(NoGlyph):
        fonts.best("龘", Script.HANS)


@pytest.mark.parametrize("content", [b"", b"ttcf", b"\x00\x01\x00\x00", b"hello" * 100, None])
def test_a_named_file_that_is_no_font_is_told(
    tmp_path: Path, content: bytes | None, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "mine.ttf"
    if content is not None:
        path.write_bytes(content)

    with pytest.raises(NoTypeface):
        Fonts(str(path)).best(POEM, Script.HANS)
    assert str(path) in caplog.text


@pytest.mark.parametrize("length", [100, 400, 800])
def test_a_file_that_is_cut_short_is_no_typeface(tmp_path: Path, length: int) -> None:
    path = typeface(tmp_path / "mine.ttf")
    path.write_bytes(path.read_bytes()[:length])

    with pytest.raises((NoTypeface, NoGlyph)):
        Fonts(str(path)).best(POEM, Script.HANS)


def test_a_file_that_is_damaged_after_it_was_found_has_no_characters(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    path = typeface(tmp_path / "mine.ttf")
    fonts = Fonts(str(path))
    fonts.typefaces(Script.HANS)
    path.write_bytes(b"\x00\x01\x00\x00")

    with pytest.raises(NoGlyph):
        fonts.best(POEM, Script.HANS)
    assert str(path) in caplog.text


def test_a_typeface_of_this_machine_has_both_scripts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    fonts = Fonts(AUTO)
    if not fonts.typefaces(Script.HANS):
        pytest.skip("no Chinese typeface is installed here")

    for text, script in (("欲穷千里目更上一层楼", Script.HANS), ("欲窮千里目更上一層樓", Script.HANT)):
        assert os.access(fonts.best(text, script).path, os.R_OK)
