"""`python -m bot doctor`: weights, device, typefaces and clock, each in a world where it fails."""

import builtins
import os
from pathlib import Path
from typing import Any

import pytest

from bot.config import Config
from bot.operations import checks
from bot.operations.checks import State
from bot.services import fonts
from bot.store.database import DATABASE
from model.script import Script
from tests.bot.operations.doctor.conftest import assert_is, changed
from tests.bot.typefaces import typeface


def test_weights_that_are_missing_or_damaged_fail(config: Config, tmp_path: Path) -> None:
    (tmp_path / "bad.safetensors").write_bytes(b"x" * 100)
    for wanted in ("none", str(tmp_path / "bad.safetensors")):
        network, adder = changed(config, "model", network=wanted), changed(config, "model", adder=wanted)
        assert_is(checks.check_poet(network), State.FAIL, "[model] dir")
        assert_is(checks.check_adder(adder), State.FAIL, "[model] dir")
    assert_is(checks.check_poet(changed(config, "model", dir=tmp_path / "empty")), State.FAIL)


def test_weights_of_the_other_kind_fail(config: Config) -> None:
    assert_is(checks.check_poet(changed(config, "model", network="adder")), State.FAIL, "not 'poem'")
    assert_is(checks.check_adder(changed(config, "model", adder="gru")), State.FAIL, "not 'adder'")


def test_a_device_that_is_not_there_fails(config: Config) -> None:
    assert_is(checks.check_device(changed(config, "model", device="mps")), State.FAIL, "not available", "[model]")


@pytest.mark.parametrize(
    "error", [ImportError("No module named 'torch'"), OSError("libtorch.so: no"), RuntimeError("no /dev/urandom")]
)
def test_a_pytorch_that_cannot_be_loaded_fails(
    config: Config, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    real = builtins.__import__

    def without_torch(name: str, *arguments: Any) -> Any:
        if name == "model.device":
            raise error
        return real(name, *arguments)

    monkeypatch.setattr(builtins, "__import__", without_torch)

    assert_is(checks.check_device(config), State.FAIL, "PyTorch cannot be loaded", str(error))


# The rest.


def test_a_machine_without_a_chinese_typeface_is_told_how_to_get_one(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fonts, "_FOLDERS", ())
    check = checks.check_font(changed(config, "picture", font="auto"))

    assert_is(check, State.WARN, "fonts-arphic-ukai", "Fedora", "macOS", "Windows")


def test_a_typeface_of_one_script_only_is_not_enough(
    config: Config, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(fonts, "_FOLDERS", (str(tmp_path / "fonts"),))
    (tmp_path / "fonts").mkdir()
    typeface(tmp_path / "fonts" / "ukai.ttf", checks._SAMPLES[Script.HANS])
    auto = changed(config, "picture", font="auto")
    assert_is(checks.check_font(auto), State.WARN)
    typeface(tmp_path / "fonts" / "ukai2.ttf", checks._SAMPLES[Script.HANT], family="AR PL UKai TW")

    assert_is(checks.check_font(auto), State.OK, "AR PL UKai CN", "AR PL UKai TW")


def test_a_font_that_is_named_and_cannot_be_used_fails(config: Config, tmp_path: Path) -> None:
    latin = typeface(tmp_path / "latin.ttf", "abc")
    for path in (tmp_path / "none.ttf", latin):
        assert_is(checks.check_font(changed(config, "picture", font=str(path))), State.FAIL, str(path), "[picture]")


def test_a_clock_that_stands_before_its_own_files_is_suspected(config: Config) -> None:
    path = config.storage.dir / DATABASE
    path.parent.mkdir()
    path.touch()
    assert_is(checks.check_clock(config), State.OK, "UTC")
    os.utime(path, (4e9, 4e9))

    assert_is(checks.check_clock(config), State.WARN, str(path), "Set the clock")
