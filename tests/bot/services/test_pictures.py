"""Pictures are drawn one after another beside the event loop."""

import asyncio
import threading
from pathlib import Path

import pytest

from bot.services.fonts import Fonts, NoTypeface, Typeface
from bot.services.pictures import PictureService, Sheet
from bot.services.refusals import Busy
from bot.services.studio import MOST_KEPT, MOST_WAITING, Studio
from bot.ui.picture import draw
from tests.bot.sheets import FORMS, poem
from tests.bot.typefaces import typeface


class Recorder:
    """Draws nothing, and notes what it is asked for and how many at once."""

    def __init__(self) -> None:
        self.sheets: list[Sheet] = []
        self.threads: set[int] = set()
        self.most = self.now = 0
        self.go = threading.Event()
        self.go.set()

    def __call__(self, sheet: Sheet, _typeface: Typeface) -> bytes:
        self.now += 1
        self.most = max(self.most, self.now)
        self.sheets.append(sheet)
        self.threads.add(threading.get_ident())
        assert self.go.wait(timeout=10)
        self.now -= 1
        return f"{sheet.number} {sheet.characters}".encode()


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def service(fonts: Fonts, recorder: Recorder) -> PictureService:
    return PictureService(fonts, recorder, Studio())


async def test_a_picture_is_drawn_once(service: PictureService, recorder: Recorder) -> None:
    pictures = [await service.picture(1, poem("月")) for _ in range(3)]
    together = await asyncio.gather(*[service.picture(2, poem("月")) for _ in range(3)])

    assert len(set(pictures)) == len(set(together)) == 1
    assert [sheet.number for sheet in recorder.sheets] == [1, 2]


async def test_a_number_that_is_given_to_another_poem_gets_another_picture(service: PictureService) -> None:
    assert await service.picture(1, poem("月")) != await service.picture(1, poem("山"))


async def test_the_pictures_that_were_not_asked_for_longest_are_let_go(
    service: PictureService, recorder: Recorder
) -> None:
    for number in range(MOST_KEPT):
        await service.picture(number, poem("月"))
    await service.picture(0, poem("月"))
    await service.picture(MOST_KEPT, poem("月"))
    recorder.sheets.clear()
    await service.picture(0, poem("月"))
    await service.picture(1, poem("月"))

    assert [sheet.number for sheet in recorder.sheets] == [1]


async def test_the_loop_goes_on_while_one_picture_after_another_is_drawn(
    service: PictureService, recorder: Recorder
) -> None:
    recorder.go.clear()
    waiting = [asyncio.create_task(service.picture(number, poem("月"))) for number in range(3)]
    for _ in range(100):
        await asyncio.sleep(0)
    assert not any(task.done() for task in waiting)
    recorder.go.set()

    assert len(set(await asyncio.gather(*waiting))) == 3
    assert recorder.most == 1
    assert threading.get_ident() not in recorder.threads


async def test_whoever_comes_when_too_many_wait_is_told(service: PictureService, recorder: Recorder) -> None:
    recorder.go.clear()
    waiting = [asyncio.create_task(service.picture(number, poem("月"))) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    with pytest.raises(Busy):
        await service.picture(MOST_WAITING, poem("月"))
    recorder.go.set()
    await asyncio.gather(*waiting)

    assert await service.picture(MOST_WAITING, poem("月"))


async def test_who_gives_up_waiting_makes_room(service: PictureService, recorder: Recorder) -> None:
    recorder.go.clear()
    waiting = [asyncio.create_task(service.picture(number, poem("月"))) for number in range(MOST_WAITING)]
    await asyncio.sleep(0)
    for task in waiting:
        task.cancel()
    recorder.go.set()
    await asyncio.gather(*waiting, return_exceptions=True)

    assert await service.picture(MOST_WAITING, poem("月"))


async def test_a_typeface_that_was_taken_away_is_looked_for_anew(tmp_path: Path) -> None:
    path = typeface(tmp_path / "kai.ttf")
    service = PictureService(Fonts(str(path)), draw, Studio())
    assert await service.picture(1, poem("月"))
    content = path.read_bytes()
    path.unlink()
    with pytest.raises(NoTypeface):
        await service.picture(2, poem("月"))
    path.write_bytes(content)

    assert await service.picture(2, poem("月"))


async def test_an_error_in_drawing_is_not_remembered(fonts: Fonts) -> None:
    calls: list[int] = []

    def break_once(sheet: Sheet, _typeface: Typeface) -> bytes:
        calls.append(sheet.number)
        if len(calls) == 1:
            raise ZeroDivisionError
        return b"picture"

    service = PictureService(fonts, break_once, Studio())
    with pytest.raises(ZeroDivisionError):
        await service.picture(1, poem("月"))

    assert await service.picture(1, poem("月")) == b"picture"


async def test_drawing_does_not_hold_up_the_loop(fonts: Fonts) -> None:
    service = PictureService(fonts, draw, Studio())
    record = poem(*FORMS["七律"], theme="春江")
    await service.picture(0, record)  # Pillow is imported, the typeface is found
    drawn = asyncio.create_task(service.picture(1, record))
    turns = 0
    while not drawn.done():
        await asyncio.sleep(0)
        turns += 1

    assert turns > 20  # on the loop itself it would be one or two
