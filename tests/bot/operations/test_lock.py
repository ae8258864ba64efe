"""The data folder: one bot has it alone, or several processes share it, each with shards of its own."""

from pathlib import Path

import pytest

from bot.operations.lock import FolderBusy, FolderInUse, FolderLock, FolderUnusable
from bot.share import ALL, Share

FIRST, SECOND = Share((0,), 2), Share((1,), 2)


def test_one_bot_has_the_folder_alone(tmp_path: Path) -> None:
    lock = FolderLock.take(tmp_path)
    assert lock.alone
    lock.let_others_in()  # there are none that it could let in
    for share in (ALL, FIRST):
        with pytest.raises(FolderInUse, match="another bot uses"):
            FolderLock.take(tmp_path, share)
    lock.release()
    FolderLock.take(tmp_path).release()


def test_processes_with_other_shards_share_it(tmp_path: Path) -> None:
    first = FolderLock.take(tmp_path, FIRST)
    assert first.alone
    with pytest.raises(FolderBusy, match="starts"):  # it may be changing the database
        FolderLock.take(tmp_path, SECOND)
    first.let_others_in()
    second = FolderLock.take(tmp_path, SECOND)
    assert not second.alone
    second.let_others_in()
    with pytest.raises(FolderInUse, match="another process serves shard 1"):
        FolderLock.take(tmp_path, Share((1,), 2))
    with pytest.raises(FolderInUse, match="another bot uses"):
        FolderLock.take(tmp_path)
    with pytest.raises(FolderInUse, match="divide 2 shards, and this one 3"):
        FolderLock.take(tmp_path, Share((2,), 3))

    first.release()
    again = FolderLock.take(tmp_path, FIRST)  # who came after the start of the other is not alone
    assert not again.alone
    again.release()
    second.release()
    resharded = FolderLock.take(tmp_path, Share((2,), 3))
    assert resharded.alone
    resharded.release()


def test_two_shards_in_one_process_are_both_its_own(tmp_path: Path) -> None:
    lock = FolderLock.take(tmp_path, Share((0, 2), 4))
    lock.let_others_in()
    for taken in (0, 2):
        with pytest.raises(FolderInUse, match=f"shard {taken}"):
            FolderLock.take(tmp_path, Share((1, taken), 4))
    FolderLock.take(tmp_path, Share((1, 3), 4)).release()
    lock.release()


def test_a_folder_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / "lock.shard-1").mkdir()
    with pytest.raises(FolderUnusable, match="cannot write in"):
        FolderLock.take(tmp_path, SECOND)
    FolderLock.take(tmp_path, FIRST).release()
