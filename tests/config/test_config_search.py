"""Finding files by name or path."""

from pathlib import Path

import pytest

from bench.base.errors import InputError
from bench.config.search import find, names


def test_what_comes_with_the_bench_is_found_by_name() -> None:
    assert {"e_axle_demo", "motor_demo"} <= set(names("rig"))
    assert find("rig", "e_axle_demo").name == "e_axle_demo.yaml"
    assert find("plan", "smoke").parent.name == "test_plans"
    assert find("dbc", "bench_io").suffix == ".dbc"


def test_a_path_wins_over_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "e_axle_demo").write_text("mine", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert find("rig", "e_axle_demo").read_text(encoding="utf-8") == "mine"


def test_a_path_may_start_at_the_file_that_names_it(tmp_path: Path) -> None:
    (tmp_path / "own.dbc").write_text("", encoding="utf-8")
    assert find("dbc", "own.dbc", near=tmp_path) == tmp_path / "own.dbc"


@pytest.mark.parametrize(
    ("kind", "text", "hint"),
    [
        ("rig", "e_axle_dem", "'e_axle_dem': no rig has this name; did you mean 'e_axle_demo'?"),
        ("plan", "smoke_", "'smoke_': no plan has this name; did you mean 'smoke'?"),
        ("rig", "../x.yaml", "../x.yaml: there is no such rig file; give an existing path, or one of: brake_demo"),
    ],
)
def test_what_is_not_found_is_answered_with_what_there_is(kind, text: str, hint: str) -> None:
    with pytest.raises(InputError) as error:
        find(kind, text)
    assert str(error.value).startswith(hint)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "\x00",
        "..",
        ".",
        "/",
        "../../etc/passwd\x00.yaml",
        "a" * 5000,
        "a\nb",
        "~root",
        "$(id)",
        "*",
        "\x1b[2J",
        "\x1b/x.yaml",
    ],
)
def test_hostile_names_are_refused_and_echo_no_control_characters(text: str) -> None:
    with pytest.raises(InputError) as error:
        find("rig", text)
    assert str(error.value).isprintable()
