"""Typing at a bot in the sandbox: what is answered, and what is refused."""

import re
from pathlib import Path

import pytest

from tests.bot.sandbox.toy import sit


async def test_an_answer_follows_each_line(tmp_path: Path) -> None:
    sitting = await sit("/card", "/echo 月 七绝 3 0.5", "", "/echo 月 hidden:yes who:you", folder=tmp_path)
    assert sitting.status == 0
    said = re.sub(r"  \d\d:\d\d", "", sitting.output)
    assert said == (
        "› /card\ntangpoet\n▎ 第1页\n▎ 床前明月光\n▎ seed 7\n"
        f"▎ {'─' * 32}\n▎ Anything to say?\n▎ [1] Fill in\n"
        "▎ [2] Back (off)  [3] ▶️ On  [4] Quiet  [5] Source ↗\n"
        "▎ [6] Which form ▾\n▎     6 1  五绝  short\n▎     6 2  七律\n\n"
        "› /echo 月 七绝 3 0.5\ntangpoet\n月|七绝|3|0.5|None|en-US\n\n"
        "› \n"
        "› /echo 月 hidden:yes who:you\ntangpoet  only you see this\n月|None|1|0.0|you|en-US\n\n"
    )


async def test_a_wrong_line_is_answered_and_the_next_one_is_obeyed(tmp_path: Path) -> None:
    sitting = await sit(
        "/crad", "/echo", "/echo a times:10", "/crash", "9", "0", "1" * 5000, '"', "wait long", "menu Keep",
        "show", "/card", "9", "help nothing", "/echo still",
        folder=tmp_path,
    )  # fmt: skip
    for answer in (
        "Unknown command: /crad. Did you mean /card?",
        "/echo needs text (what to say).",
        "Discord refuses: Option 'times' of 'echo' must be ≤ 9, got 10",
        "The application did not respond",
        "There is no number 9. Nothing can be pressed yet.",
        "There is no number 0. Nothing can be pressed yet.",
        "Discord takes at most 2,000 characters in a message, here are 5,000.",
        "A quote is opened and never closed.",
        "wait takes seconds, not long.",
        "The message menu holds: Keep this poem.",
        "There is no message yet.",
        "There is no number 9. They go from 1 to 6.",
        "Unknown command: /nothing. Type help for what there is.",
        "still|None|1|0.0|None|en-US",
    ):
        assert f"{answer}\n" in sitting.output
    assert "Traceback" not in sitting.output + sitting.notes
    assert "a fault of the toy's" in (tmp_path / "sandbox.log").read_text(encoding="utf-8")


async def test_a_full_disk_brings_no_trace_to_the_terminal(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "sandbox.log").symlink_to("/dev/full")
    sitting = await sit("/echo 月", "/crash", folder=tmp_path)
    assert sitting.status == 0
    assert "月|None" in sitting.output
    assert "Traceback" not in sitting.output + sitting.notes + capsys.readouterr().err


async def test_the_person_speaks_the_language_that_was_asked_for(tmp_path: Path) -> None:
    assert "月|None|1|0.0|None|zh-TW" in (await sit("/echo 月", folder=tmp_path, locale="zh-TW")).output


async def test_pages_are_turned_by_number(tmp_path: Path) -> None:
    output = (await sit("/card", "2", "3", "3", "2", "4", "5", "show", folder=tmp_path)).output
    assert re.findall(r"第\d页", output) == ["第1页", "第2页", "第3页", "第4页", "第4页"]
    assert "› 2\nIt is off.\n" in output
    assert "› 4\nDone; nothing to see.\n" in output
    assert "› 5\nIt leads to https://example.com/poem\n" in output


async def test_numbers_stay_with_the_last_message_that_has_any(tmp_path: Path) -> None:
    output = (await sit("/card", "/echo a", "/crad", "3", folder=tmp_path)).output
    assert output.count("第2页") == 1


async def test_menus_take_numbers_and_names(tmp_path: Path) -> None:
    output = (await sit("/card", "6 1", "6 七律 五绝", "6", "b", "6 3", "6 1 1 1", "6", folder=tmp_path)).output
    assert re.findall(r"chosen: .*", output) == ["chosen: a", "chosen: b,a", "chosen: b"]
    assert "There is no choice 3. Choose one of: 1 五绝, 2 七律." in output
    assert "Choose 1 to 2, not 3." in output


async def test_forms_are_filled_in_line_by_line(tmp_path: Path) -> None:
    scan = tmp_path / "scan 1.txt"
    scan.write_text("x")
    sitting = await sit(
        "/card",
        "1", "赵云李白王", "杜甫", r"国破山河在\n城春草木深", "", "9", "1", f'file:"{scan}"',
        "1", "", "", "五绝", "",
        "/survey", "@nobody", "@you", "no", "", "2", "spring autumn",
        "/survey", "/cancel",
        "/survey", "",
        folder=tmp_path / "run",
    )  # fmt: skip
    for line in (
        "Fill this in.\n",
        "  0 to 4 characters · empty keeps: 李白\n",
        "  Name takes 0 to 4 characters, here are 5.\n",
        "  line by line · optional · \\n begins a new line\n",
        "  Shape needs an answer.\n",
        "  There is no choice 9. Choose one of: 1 五绝.\n",
        r"name='杜甫' text='国破山河在\n城春草木深' shape=['5'] scan=['scan 1.txt']",
        "name='李白' text='' shape=['5'] scan=[]",
        "  There is no user called @nobody here.\n",
        "  Mood needs an answer.\n",
        "reader=['you'] agreed=False mood='sad' seasons=['spring', 'autumn']",
        "  Reader: /cancel\nThe form is closed; nothing was sent.\n",
    ):
        assert line in sitting.output
    assert sitting.status == 0


async def test_files_go_both_ways(tmp_path: Path) -> None:
    poems = tmp_path / "poems.txt"
    poems.write_bytes(b"1234567")
    folder = tmp_path / "run"
    output = (await sit(f"/take file:{poems} 月", "/take nothing.txt", "/files", folder=folder)).output
    assert "poems.txt 7 月\n" in output
    assert "file: cannot read nothing.txt: No such file or directory. A file is attached with file:PATH." in output
    assert "file plot.png  a plot  " in output
    kept = {path.name.partition("-")[2]: path for path in (folder / "files").iterdir()}
    assert kept["long.txt"].read_text() == "579"
    assert kept["plot.png"].read_bytes().startswith(b"\x89PNG")
    await sit(folder=folder)
    assert not (folder / "files").exists()


async def test_members_roles_and_channels_are_named(tmp_path: Path) -> None:
    lines = ("/point @everyone #poems @you", "/point anyone:@everyone", "/point channel:#prose", "/point tangpoet")
    output = (await sit(*lines, folder=tmp_path)).output
    assert "@everyone #poems @you @you #unknown @unknown-user @unknown-role\n" in output
    assert "@everyone @you #unknown" in output
    assert "channel: there is no channel called #prose here.\n" in output


async def test_direct_messages_are_shown_and_answered(tmp_path: Path) -> None:
    output = (await sit("/later", "1", "menu Keep this poem", "/echo a", "menu Keep this poem", folder=tmp_path)).output
    assert re.search(r"  direct message\na direct word\n\[1\] Thanks", output)
    assert re.search(r"\(edited\)  direct message\nthanked", output)
    assert "There is no message to use it on.\n" in output
    assert "kept tangpoet's" in output


async def test_a_question_mark_tells_what_comes_next(tmp_path: Path) -> None:
    output = (
        await sit(
            "/kept show ?",
            "/kept show 月 ?",
            "/echo ?",
            "/echo 月 ?",
            "/card ?",
            "/echo a 五绝 1 1 no you ?",
            folder=tmp_path,
        )
    ).output
    assert "name  which · text · required\n  春\n  秋\n" in output
    assert "  月春  春\n  月秋  秋\n" in output
    assert "text  what to say · text · required\n" in output
    assert "form  五绝 | 七绝\n" in output
    assert "/card takes nothing more.\n" in output
    assert "/echo takes nothing more.\n" in output


async def test_help_and_words_of_ones_own(tmp_path: Path) -> None:
    output = (await sit("help", "help echo", "hello there", folder=tmp_path)).output
    assert re.search(r"^/echo text \[form\] \[times\] \[part\] \[hidden\] \[who\] +say it back", output, re.MULTILINE)
    assert "times    how often · whole number · 1 to 9" in output
    assert "Said in the channel. Commands begin with /; help lists them.\n" in output


async def test_quit_ends_it(tmp_path: Path) -> None:
    output = (await sit("quit", "/echo a", folder=tmp_path)).output
    assert output == "› quit\n"
