"""From files in each of the formats to poems."""

import io
import json
import tarfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import pytest

from model.corpus import Corpus, SourcePoem, archives, load_corpus, readers
from model.errors import CorpusError
from model.forms import Form
from model.script import Script

SPRING = "春眠不觉晓，处处闻啼鸟。夜来风雨声，花落知多少。"
TOWER = "白日依山尽，黄河入海流。欲穷千里目，更上一层楼。"
RIVER = "千山鸟飞绝，万径人踪灭。孤舟蓑笠翁，独钓寒江雪。"
BRIDGE = "月落乌啼霜满天，江枫渔火对愁眠。姑苏城外寒山寺，夜半钟声到客船。"
SUN = "胜日寻芳泗水滨，无边光景一时新。等闲识得东风面，万紫千红总是春。"


def entries(*poems: tuple[str, str, str]) -> bytes:
    """Poems as chinese-poetry has them: a paragraph for each sentence."""
    return json.dumps(
        [
            {"title": title, "author": author, "paragraphs": [part + "。" for part in text.split("。")[:-1]], "id": "x"}
            for title, author, text in poems
        ],
        ensure_ascii=False,
    ).encode()


FILES = {
    "全唐诗/poet.song.0.json": entries(("春日", "朱熹", SUN), ("春晓", "", SPRING)),
    "全唐诗/poet.tang.10000.json": entries(("枫桥夜泊", "张继", BRIDGE)),
    "全唐诗/poet.tang.2000.json": entries(("江雪", "柳宗元", RIVER)),
    "全唐诗/poet.tang.0.json": entries(("春晓", "孟浩然", SPRING), ("登鹳雀楼", "王之涣", TOWER)),
    "全唐诗/authors.tang.json": b'[{"name": "..."}]',
    "全唐诗/error/poet.tang.0.json": entries(("", "", "此诗有误不可读。")),
    "LICENSE": b"MIT",
}


def write_folder(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def write_archive(path: Path, files: Mapping[str, bytes], mode: Literal["w", "w:gz", "w:bz2", "w:xz"] = "w") -> Path:
    with tarfile.open(path, mode) as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return path


def load_text(path: Path, text: str) -> Corpus:
    path.write_text(text, encoding="utf-8")
    return load_corpus(path)


def texts(corpus: Corpus) -> list[str]:
    return [poem.text for poem in corpus.poems]


def test_a_folder_is_read_in_the_order_of_its_numbers_tang_first(tmp_path: Path) -> None:
    corpus = load_corpus(write_folder(tmp_path / "poems", FILES))
    assert texts(corpus) == [SPRING, TOWER, RIVER, BRIDGE, SUN]
    assert corpus.poems[0] == SourcePoem(SPRING, "春晓", "孟浩然", "tang")
    assert corpus.poems[3].lines == ("月落乌啼霜满天", "江枫渔火对愁眠", "姑苏城外寒山寺", "夜半钟声到客船")
    assert corpus.poems[3].form is Form.QIJUE
    assert [poem.dynasty for poem in corpus.set_aside] == ["song"]
    assert corpus.script is Script.HANS


@pytest.mark.parametrize("mode", ["w", "w:gz", "w:bz2", "w:xz"])
def test_an_archive_reads_as_its_folder(tmp_path: Path, mode: Literal["w", "w:gz", "w:bz2", "w:xz"]) -> None:
    folder = load_corpus(write_folder(tmp_path / "poems", FILES))
    archive = load_corpus(write_archive(tmp_path / "poems.tar", {f"top/{name}": FILES[name] for name in FILES}, mode))
    assert archive.poems == folder.poems
    assert archive.fingerprint == folder.fingerprint


def test_only_the_wanted_dynasty_is_read(tmp_path: Path) -> None:
    folder = write_folder(tmp_path / "poems", FILES | {"全唐诗/poet.song.1000.json": b"not even JSON"})
    assert len(load_corpus(folder, {"tang"}).poems) == 4
    with pytest.raises(CorpusError, match=r"poet\.song\.1000\.json"):
        load_corpus(folder)
    with pytest.raises(CorpusError, match="ming"):
        load_corpus(folder, ["ming"])


def test_other_json_files_are_read_where_none_is_named_like_the_repositorys(tmp_path: Path) -> None:
    (tmp_path / "ci" / "folder.json").mkdir(parents=True)
    poem = b'[{"rhythmic": "\xe5\xa6\x82\xe6\xa2\xa6\xe4\xbb\xa4", "paragraphs": ["' + TOWER.encode() + b'"]}]'
    corpus = load_corpus(write_folder(tmp_path / "ci", {"a/10.json": entries(("", "", RIVER)), "a/9.json": poem}))
    assert corpus.poems == [SourcePoem(TOWER, "如梦令"), SourcePoem(RIVER)]
    archive = write_archive(tmp_path / "ci.tar", {"9.json": poem, "read.me": b"", "10.json": entries(("", "", RIVER))})
    assert load_corpus(archive, {"tang"}).poems == corpus.poems


def test_numbers_in_names_may_have_any_length(tmp_path: Path) -> None:
    names = (f"{'9' * 5_000}.json", f"1{'0' * 5_000}.json", "007.json", "8.json")
    files = {name: entries(("", "", text)) for name, text in zip(names, (RIVER, BRIDGE, SPRING, TOWER), strict=True)}
    assert texts(load_corpus(write_archive(tmp_path / "a.tar", files))) == [SPRING, TOWER, RIVER, BRIDGE]


def test_one_json_file(tmp_path: Path) -> None:
    path = tmp_path / "poet.tang.0.json"
    path.write_bytes(b"\xef\xbb\xbf" + FILES["全唐诗/poet.tang.0.json"])
    assert [poem.dynasty for poem in load_corpus(path).poems] == ["tang", "tang"]


@pytest.mark.parametrize("colon", [":", "："])
def test_title_and_content(tmp_path: Path, colon: str) -> None:
    corpus = load_text(tmp_path / "poems.txt", f"\ufeff春晓{colon}{SPRING}\r\n{colon}{TOWER}\r\n{RIVER}\r\n")
    assert corpus.poems == [SourcePoem(SPRING, "春晓"), SourcePoem(TOWER), SourcePoem(RIVER)]


def test_one_poem_a_line(tmp_path: Path) -> None:
    assert load_text(tmp_path / "poems.txt", f"{SPRING}\n\n{TOWER}\n\n").poems == [
        SourcePoem(SPRING),
        SourcePoem(TOWER),
    ]


def test_one_poem_a_line_with_ascii_punctuation_or_spaces(tmp_path: Path) -> None:
    plain = TOWER.replace("，", ",").replace("。", ".")
    assert texts(load_text(tmp_path / "poems.txt", f"{plain}\n千山鸟飞绝 万径人踪灭 孤舟蓑笠翁 独钓寒江雪\n")) == [
        TOWER,
        RIVER,
    ]


def test_poems_between_blank_lines(tmp_path: Path) -> None:
    split = BRIDGE.replace("，", "，\n").replace("。", "。\n").strip()
    text = f"枫桥夜泊\n张继\n{split}\n \n\n登鹳雀楼\n{TOWER}\n\n春眠不觉晓\n处处闻啼鸟\n夜来风雨声\n花落知多少"
    assert load_text(tmp_path / "poems.txt", text).poems == [
        SourcePoem(BRIDGE, "枫桥夜泊", "张继"),
        SourcePoem(TOWER, "登鹳雀楼"),
        SourcePoem(SPRING),
    ]


def test_a_title_before_lines_without_punctuation(tmp_path: Path) -> None:
    river = "江雪\n千山鸟飞绝\n万径人踪灭\n孤舟蓑笠翁\n独钓寒江雪"
    assert load_text(tmp_path / "poems.txt", f"{river}\n\n{TOWER}").poems == [
        SourcePoem(RIVER, "江雪"),
        SourcePoem(TOWER),
    ]


def test_the_script_is_that_of_most_poems(tmp_path: Path) -> None:
    assert (
        load_text(tmp_path / "t.txt", f"舉頭望明月，低頭思故鄉。\n月落烏啼霜滿天。\n{SPRING[:6]}").script is Script.HANT
    )
    assert load_text(tmp_path / "n.txt", "千山夜月。").script is Script.HANS


def test_the_fingerprint_is_of_the_poems(tmp_path: Path) -> None:
    lines = load_text(tmp_path / "a.txt", f"{SPRING}\n{TOWER}").fingerprint
    assert lines == load_text(tmp_path / "b.txt", f"a:{SPRING}\nb:{TOWER}\nc:{SPRING}").fingerprint
    assert lines != load_text(tmp_path / "c.txt", f"{TOWER}\n{SPRING}").fingerprint


# What cannot be read: one line each, that says what to do.


def fault(path: Path) -> str:
    with pytest.raises(CorpusError) as caught:
        load_corpus(path)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_nothing_there(tmp_path: Path) -> None:
    assert "corpus download" in fault(tmp_path / "nowhere")
    (tmp_path / "file").write_text(SPRING, encoding="utf-8")
    assert "cannot be read" in fault(tmp_path / "file" / "inside")


@pytest.mark.parametrize("content", [b"", b" \n\n", b"\xef\xbb\xbf"])
def test_empty(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "poems.txt").write_bytes(content)
    assert "poems.txt" in fault(tmp_path / "poems.txt")


@pytest.mark.parametrize(
    ("content", "byte"),
    [
        (TOWER.encode("gb18030"), 0),
        (f"a{TOWER}".encode("utf-16"), 0),
        (b"\xef\xbb\xbf" + TOWER.encode()[:6] + b"\xff", 9),
        (b'[{"paragraphs": ["\xc3\x28"]}]', 18),
    ],
)
def test_another_encoding(tmp_path: Path, content: bytes, byte: int) -> None:
    (tmp_path / "poems.txt").write_bytes(content)
    assert f"poems.txt is not UTF-8 (byte {byte}): save it" in fault(tmp_path / "poems.txt")


@pytest.mark.parametrize("text", ["To be, or not to be\nthat is the question", "\x00\x01\x02"])
def test_no_format_fits(tmp_path: Path, text: str) -> None:
    (tmp_path / "poems.txt").write_text(text, encoding="utf-8")
    assert "none of the formats" in fault(tmp_path / "poems.txt")


def test_a_zip_archive_is_no_text_in_another_encoding(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "poems.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("poems.txt", TOWER)
    assert "poems.zip is a zip archive: give the JSON files" in fault(tmp_path / "poems.zip")


def test_no_poem_is_left(tmp_path: Path) -> None:
    (tmp_path / "poems.txt").write_text("春□秋月。\n" + "长" * 300, encoding="utf-8")
    assert "lost characters: 1" in fault(tmp_path / "poems.txt")
    (tmp_path / "empty.json").write_text("[]", encoding="utf-8")
    assert "0 read (none)" in fault(tmp_path / "empty.json")


@pytest.mark.parametrize(
    "content",
    [
        b'[{"paragraphs": ["',
        b"[" * 100_000 + b"]" * 100_000,
        b"[" + b"9" * 5_000 + b"]",
        b'{"poems": []}',
        b"[[]]",
        b'["abc"]',
        b'[{"title": "x"}]',
        b'[{"paragraphs": "x"}]',
        b'[{"paragraphs": [1]}]',
        b'[{"paragraphs": [], "title": 1}]',
        b'[{"paragraphs": [], "author": null}]',
    ],
)
def test_json_of_another_shape(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "poet.tang.0.json").write_bytes(content)
    assert "poet.tang.0.json" in fault(tmp_path)


def test_half_a_surrogate_pair_is_no_character(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"paragraphs": ["\\ud800月。"], "title": "\\ud800"}]', encoding="utf-8")
    assert "other characters: 1" in fault(tmp_path)


def test_a_folder_or_archive_without_poems(tmp_path: Path) -> None:
    assert "no .json file" in fault(tmp_path)
    assert "no .json file" in fault(write_archive(tmp_path / "a.tar", {"read.me": b"..."}))


def test_damaged_archives(tmp_path: Path) -> None:
    noise = bytes(range(256)) * 300
    whole = write_archive(tmp_path / "a.tar.xz", {"poet.tang.0.json": noise}, "w:xz").read_bytes()
    (tmp_path / "a.tar.xz").write_bytes(whole[: len(whole) // 2])
    assert "damaged" in fault(tmp_path / "a.tar.xz")
    whole = write_archive(tmp_path / "b.tar", {"poet.tang.0.json": noise}).read_bytes()
    (tmp_path / "b.tar").write_bytes(whole[:5_000])
    assert "damaged" in fault(tmp_path / "b.tar")
    (tmp_path / "c.gz").write_bytes(b"\x1f\x8b\x08" + noise)
    assert "damaged" in fault(tmp_path / "c.gz")


def test_a_member_that_is_cut_short_is_damaged(tmp_path: Path) -> None:
    # A sparse member whose map points behind the end of the file.
    header = tarfile.TarInfo("poet.tang.0.json")
    header.size = 1_000_000
    (tmp_path / "a.tar").write_bytes(header.tobuf() + b"[" * 1_000)
    assert "damaged" in fault(tmp_path / "a.tar")


def test_what_is_too_large(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    large = tarfile.TarInfo("poet.tang.0.json")
    large.size = 65 * 2**20
    (tmp_path / "member.tar").write_bytes(large.tobuf())
    assert "too large" in fault(tmp_path / "member.tar")
    name = tarfile.TarInfo("long")
    name.type = tarfile.GNUTYPE_LONGNAME
    name.size = 2**30
    (tmp_path / "name.tar").write_bytes(name.tobuf())
    assert "too large" in fault(tmp_path / "name.tar")
    other = tarfile.TarInfo("film")
    other.size = 5 * 2**30
    (tmp_path / "archive.tar").write_bytes(other.tobuf(tarfile.GNU_FORMAT) + b"\0" * 1024)
    assert "too large" in fault(tmp_path / "archive.tar")
    monkeypatch.setattr(archives, "_MOST_MEMBERS", 2)
    assert "too large" in fault(write_archive(tmp_path / "many.tar", {"a": b"", "b": b"", "c": b""}))
    monkeypatch.setattr(readers, "_LARGEST_FILE", 10)
    (tmp_path / "poems.txt").write_text(SPRING, encoding="utf-8")
    assert "larger than" in fault(tmp_path / "poems.txt")


def test_members_that_are_no_files_are_passed_over(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        link = tarfile.TarInfo("poet.tang.0.json")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        archive.addfile(link)
        member = tarfile.TarInfo("../../poet.tang.1.json")
        content = entries(("", "", TOWER))
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    assert texts(load_corpus(tmp_path / "a.tar")) == [TOWER]


def test_the_classic_quatrains() -> None:
    path = Path(__file__).parents[4] / "shared/corpus/quatrains-12842.txt"
    if not path.exists():
        pytest.skip("the quatrains are not here")
    corpus = load_corpus(path)
    assert corpus.report.read == 12_842
    assert corpus.script is Script.HANS
    assert {poem.form for poem in corpus.poems} == {Form.WUJUE}
