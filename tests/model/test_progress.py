"""What a person sees while a network trains, and how they stop it."""

import io
import signal

import pytest
from rich.console import Console

from model.progress import Display, StopRequest


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_asks_for_a_stop(number: signal.Signals) -> None:
    before = signal.getsignal(number)
    with StopRequest() as stop:
        assert not stop.asked
        signal.raise_signal(number)
        assert stop.asked
    assert signal.getsignal(number) is before


def test_a_second_ctrl_c_stops_at_once() -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who starts tests may have it ignored
    try:
        with StopRequest() as stop:
            signal.raise_signal(signal.SIGINT)
            assert stop.asked
            with pytest.raises(KeyboardInterrupt):
                signal.raise_signal(signal.SIGINT)
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)


def shown(*, terminal: bool) -> str:
    console = Console(file=io.StringIO(), force_terminal=terminal, width=120, no_color=True)
    with Display(console, "characters") as display:
        display.epoch(0, 3, 40)
        display.progress(20, 4.5678, 12_345.6)
        display.result(1, {"loss": 4.25, "training_loss": 4.5}, "月落乌啼霜满天，江枫渔火对愁眠。")
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def test_a_terminal_shows_a_bar_with_loss_speed_and_time() -> None:
    text = shown(terminal=True)
    assert "epoch 1/3" in text
    assert "20/40" in text
    assert "loss 4.568" in text
    assert "12,346 characters/s" in text


@pytest.mark.parametrize("terminal", [True, False])
def test_an_epoch_ends_with_figures_and_a_poem(*, terminal: bool) -> None:
    text = shown(terminal=terminal)
    assert "epoch 1: loss 4.25 · training loss 4.5" in text
    assert "月落乌啼霜满天，江枫渔火对愁眠。" in text


def test_a_file_is_spared_the_bar() -> None:
    assert shown(terminal=False).count("\n") == 2
