"""The same git, on a repository of the test's own; no network."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest
from rich.console import Console

from model.corpus import download as module
from model.corpus import load_corpus
from model.corpus.download import Source, download, take_copy
from model.errors import CorpusError

POEM = '[{"title": "登鹳雀楼", "author": "王之涣", "paragraphs": ["白日依山尽，黄河入海流。"]}]'
FILES = {
    "LICENSE": "MIT",
    "README.md": "...",
    "全唐诗/authors.tang.json": "[]",
    "全唐诗/error/poet.tang.0.json": "[]",
    **{f"全唐诗/poet.tang.{number}000.json": POEM.replace("白", "青" * number) for number in range(10)},
    **{f"全唐诗/poet.song.{number}000.json": POEM.replace("白", "红" * number) for number in range(10)},
}
WANTED = {name for name in FILES if name == "LICENSE" or name.startswith("全唐诗/poet.")}


def git(folder: Path, *arguments: str) -> str:
    settings = ("-c", "user.name=a", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main")
    command = ["git", "-C", str(folder), *settings, *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def source(tmp_path: Path) -> Source:
    """A repository that serves single objects, as the public ones do; the wanted commit is not its newest."""
    folder = tmp_path / "upstream"
    for name, content in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(content, encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "config", "uploadpack.allowFilter", "true")
    git(folder, "config", "uploadpack.allowAnySHA1InWant", "true")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "poems")
    commit = git(folder, "rev-parse", "HEAD")
    (folder / "全唐诗/poet.tang.0000.json").write_text("[]", encoding="utf-8")
    git(folder, "commit", "--quiet", "-am", "later")
    return Source(folder.as_uri(), commit, "file")


@pytest.fixture
def console() -> Console:
    return Console(file=io.StringIO())


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def fault(source: Source, folder: Path, console: Console) -> str:
    with pytest.raises(CorpusError) as caught:
        download(folder, console, source=source)
    assert len(str(caught.value).splitlines()) == 1
    return str(caught.value)


def test_the_poems_of_the_commit_arrive(source: Source, console: Console, tmp_path: Path) -> None:
    folder = tmp_path / "a" / "b"
    assert download(folder, console, source=source) == len(WANTED)
    assert files(folder) == {*WANTED, "source.json"}
    for name in WANTED:
        assert (folder / name).read_text(encoding="utf-8") == FILES[name]
    assert len(load_corpus(folder).poems) == 19


def test_one_dynasty(source: Source, console: Console, tmp_path: Path) -> None:
    assert download(tmp_path / "a", console, ["tang"], source) == 11
    assert download(tmp_path / "a", console, [], source) == 10


def test_what_is_there_is_not_fetched_again(source: Source, console: Console, tmp_path: Path) -> None:
    folder = tmp_path / "a"
    download(folder, console, source=source)
    (folder / "LICENSE").unlink()
    (folder / "全唐诗/poet.tang.1000.json").write_text("[", encoding="utf-8")
    assert download(folder, console, source=source) == 2
    shutil.rmtree(tmp_path / "upstream")
    assert download(folder, console, source=source) == 0


def test_a_run_that_was_stopped_goes_on(
    source: Source, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "a"
    fetch = module._Git.fetch_files
    batches: list[int] = []

    def stop(git: module._Git, blobs: list[str]) -> None:
        if batches:
            raise KeyboardInterrupt
        batches.append(len(blobs))
        fetch(git, blobs)

    monkeypatch.setattr(module._Git, "fetch_files", stop)
    assert "run the command again" in fault(source, folder, console)
    monkeypatch.undo()
    assert download(folder, console, source=source) == len(WANTED) - batches[0]
    assert files(folder) == {*WANTED, "source.json"}


@pytest.mark.parametrize("manifest", ["", "[]", "{}", '{"commit": "0", "files": {}}'])
def test_a_damaged_or_foreign_manifest_is_made_again(
    source: Source, console: Console, tmp_path: Path, manifest: str
) -> None:
    (tmp_path / "source.json").write_text(manifest, encoding="utf-8")
    assert download(tmp_path, console, ["song"], source) == 11
    assert json.loads((tmp_path / "source.json").read_bytes())["commit"] == source.commit


def test_no_connection(source: Source, console: Console, tmp_path: Path) -> None:
    away = Source((tmp_path / "nowhere").as_uri(), source.commit, "file")
    said = fault(away, tmp_path / "a", console)
    assert "check the network" in said
    assert "--from PATH" in said


def test_a_commit_that_is_not_there(source: Source, console: Console, tmp_path: Path) -> None:
    assert "cannot be fetched" in fault(Source(source.address, "0" * 40, "file"), tmp_path / "a", console)


@pytest.mark.parametrize("address", ["http://localhost:9/a.git", "git://localhost:9/a.git", "ssh://localhost:9/a.git"])
def test_only_https_is_spoken(console: Console, tmp_path: Path, address: str) -> None:
    assert Source().address.startswith("https://")
    assert "not allowed" in fault(Source(address), tmp_path / "a", console)


def test_no_git(source: Source, console: Console, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "git is not installed" in fault(source, tmp_path / "a", console)


def test_no_room(source: Source, console: Console, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "cannot be written" in fault(source, tmp_path / "file" / "a", console)


def test_a_folder_is_copied(console: Console, tmp_path: Path) -> None:
    for name, content in FILES.items():
        (tmp_path / "copy" / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / "copy" / name).write_text(content, encoding="utf-8")
    assert take_copy(tmp_path / "a", tmp_path / "copy", console, ["tang"]) == 10
    assert files(tmp_path / "a") == {name for name in WANTED if "tang" in name}


def test_an_archive_is_copied_to_the_folder_and_nowhere_else(console: Console, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "a.tar.xz", "w:xz") as archive:
        member = tarfile.TarInfo("../../../poet.tang.0.json")
        member.size = len(POEM.encode())
        archive.addfile(member, io.BytesIO(POEM.encode()))
    assert take_copy(tmp_path / "a", tmp_path / "a.tar.xz", console) == 1
    assert files(tmp_path) == {"a.tar.xz", "a/全唐诗/poet.tang.0.json"}


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("nothing.txt", None, "there is no"),
        ("poems.txt", "白日依山尽。", "no tar archive"),
        ("copy/poems.json", POEM, "no poet.tang.N.json"),
        ("copy/poet.tang.0.json", "{", "not JSON"),
        ("copy/read.me", "", "no .json file"),
    ],
)
def test_copies_that_are_none(console: Console, tmp_path: Path, name: str, content: str | None, said: str) -> None:
    path = tmp_path / name
    if content is not None:
        path.parent.mkdir(exist_ok=True)
        path.write_text(content, encoding="utf-8")
    with pytest.raises(CorpusError, match=said):
        take_copy(tmp_path / "a", tmp_path / Path(name).parts[0], console)


def test_a_copy_that_cannot_be_written(console: Console, tmp_path: Path) -> None:
    (tmp_path / "poet.tang.0.json").write_text(POEM, encoding="utf-8")
    (tmp_path / "file").touch()
    with pytest.raises(CorpusError, match="cannot be copied"):
        take_copy(tmp_path / "file", tmp_path, console)
