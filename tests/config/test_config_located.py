"""The loader: places, limits of size and depth, hostile files. Nothing but ``InputError`` ever leaves it."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.base.errors import InputError
from bench.config.file_model import FileModel
from bench.config.located import load, load_located
from bench.config.quantity import SpeedRpm
from bench.config.yaml_tree import DEPTH_MAX, NODES_MAX, SIZE_MAX, read_tree


class Simple(FileModel):
    speed: SpeedRpm
    names: dict[str, list[int]] | None = None


def refused(source: Path | str) -> list[str]:
    with pytest.raises(InputError) as error:
        load(source, Simple, "file")
    return [str(problem) for problem in error.value.problems]


def test_text_and_file_give_the_same_model(tmp_path: Path) -> None:
    text = "speed: 3 krpm\nnames: {a: [1, 2]}\n"
    (tmp_path / "x.yaml").write_text(text, encoding="utf-8")
    assert load(text, Simple) == load(tmp_path / "x.yaml", Simple) == Simple(speed=3000.0, names={"a": [1, 2]})


@pytest.mark.parametrize("text", ["speed: 1 rpm\r\nnames: {}\r\n", "\ufeffspeed: 1 rpm\nnames: {}\n"])
def test_line_ends_and_byte_order_mark_of_other_editors_are_read(text: str, tmp_path: Path) -> None:
    (tmp_path / "x.yaml").write_bytes(text.encode())
    assert load(tmp_path / "x.yaml", Simple).speed == 1.0


def test_a_later_check_can_point_into_the_file() -> None:
    found = load_located("speed: 1 rpm\nnames:\n  a: [1,\n      2]\n", Simple, "f.yaml")
    assert str(found.problem(("names", "a", 1), "too big")) == "f.yaml:4:7: too big"
    assert str(found.problem(("names", "absent", 7), "is missing")) == "f.yaml:2:1: is missing"


def test_what_cannot_be_read_is_a_problem_not_a_crash(tmp_path: Path) -> None:
    (tmp_path / "latin.yaml").write_bytes("speed: 1 °C".encode("latin-1"))
    (tmp_path / "big.yaml").write_bytes(b"#" * (SIZE_MAX + 1))
    assert refused(tmp_path / "latin.yaml") == ["file: is no UTF-8 text (byte 9); save it as UTF-8"]
    assert refused(tmp_path / "big.yaml") == [f"file: is larger than {SIZE_MAX} bytes; split it"]
    assert refused(tmp_path / "absent.yaml") == ["file: cannot be read: No such file or directory"]
    assert refused(tmp_path) == ["file: cannot be read: Is a directory"]


def test_a_bomb_of_aliases_is_refused_at_its_first_anchor() -> None:
    bomb = "a: &a [x, x]\n" + "".join(f"{c}: &{c} [*{p}, *{p}]\n" for p, c in zip("abcdefgh", "bcdefghi", strict=True))
    assert refused(bomb)[0] == "file:1:1: missing key 'speed'; add it with a quantity in rpm, 1/min, krpm, rad/s"
    assert "file:1:4: anchors and aliases (&a) are not allowed; write the value out" in refused(bomb)


@pytest.mark.parametrize(
    "text",
    ["[" * 100_000, "a: " + "{b: " * 1000, "- " * 5000, "[" + "1," * (NODES_MAX + 1) + "]", "a" * (SIZE_MAX + 1)],
)
def test_depth_size_and_number_are_bounded(text: str) -> None:
    assert len(refused(text)) == 1


@pytest.mark.parametrize("text", ["!" * 150_000, "a: \x1b[2J", "a: !\u202e x", "[a, " + "b\n " * 40_000, "\u202e: 1"])
def test_messages_stay_short_and_printable(text: str) -> None:
    for message in refused(text):
        assert len(message) < 400
        assert message.isprintable()


def test_depth_up_to_the_limit_is_read() -> None:
    tree = read_tree("[" * DEPTH_MAX + "]" * DEPTH_MAX, "f")
    assert not tree.problems


@pytest.mark.parametrize(
    "tag", ["!!python/object/apply:os.system ['id']", "!!python/name:os.system", "!!set {}", "!x 1"]
)
def test_tags_construct_nothing(tag: str) -> None:
    assert any("tags (" in message for message in refused(f"speed: 1 rpm\nnames: {tag}"))


@pytest.mark.parametrize(
    ("text", "value"),
    [("yes", "yes"), ("0x10", "0x10"), ("2030-01-01", "2030-01-01"), ("1_000", "1_000"), ("'1'", "1"), ("010", 10)],
)
def test_scalars_are_those_of_yaml_1_2(text: str, value: object) -> None:
    assert read_tree(f"a: {text}", "f").data == {"a": value}


@given(st.text(max_size=300))
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        load(text, Simple)
    except InputError as error:
        assert error.problems


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats() | st.text(), lambda c: st.lists(c) | st.dictionaries(st.text(), c)
    )
)
def test_any_data_is_accepted_or_refused_with_a_place(data: object) -> None:
    import json

    text = json.dumps({"speed": data, "names": data})
    try:
        load(text, Simple)
    except InputError as error:
        assert all(problem.line >= 1 for problem in error.problems)
