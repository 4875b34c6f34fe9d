"""House rules a machine can check. Each message names the remedy; a list of exceptions may only shrink."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCES = sorted([*(ROOT / "bench").rglob("*.py"), *(ROOT / "drivers").rglob("*.py")])
TESTS = sorted((ROOT / "tests").rglob("*.py"))

LINE_COLUMNS = 120
FUNCTION_LINES = 60
FILE_LINES = 400

BANNED = {
    r"\bif (self\.)?simulat": "choose the part in bench/assembly.py; there is no `if simulated`",
    r"\byaml\.load\(": "use bench.config.located.load",
    r"\bpickle\b": "foreign bytes are never unpickled; write JSON or a structured array",
    r"\beval\(|\bexec\(": "plans and files are data; parse them",
    r"TO" r"DO|FIX" r"ME|X" r"XX": "finish it, or file an issue",
    r"NotImplemented" r"Error": "write it whole, or leave it out",
    r"pragma: no " r"cover": "test it, or take it out",
}


def functions(tree: ast.AST) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def length(node: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines of the body without the docstring."""
    start = node.body[0]
    value = start.value if isinstance(start, ast.Expr) else None
    documented = isinstance(value, ast.Constant) and isinstance(value.value, str)
    first = (start.end_lineno or 0) + 1 if documented else node.lineno
    return (node.end_lineno or 0) - first + 1


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_source_is_tidy(path: Path) -> None:
    text = path.read_text()
    tree = ast.parse(text)
    complaints = []
    for n, line in enumerate(text.split("\n"), 1):
        if len(line) > LINE_COLUMNS:
            complaints.append(f"{n}: {len(line)} columns; break the line at {LINE_COLUMNS}")
        complaints += [f"{n}: {line.strip()!r}: {mend}" for pattern, mend in BANNED.items() if re.search(pattern, line)]
    complaints += [
        f"{node.lineno}: {node.name} has {length(node)} lines; split it below {FUNCTION_LINES}"
        for node in functions(tree)
        if length(node) > FUNCTION_LINES
    ]
    if text.count("\n") > FILE_LINES:
        complaints.append(f"1: {text.count(chr(10))} lines; one noun, one file: split it below {FILE_LINES}")
    if text.strip() and path.name != "__init__.py" and ast.get_docstring(tree) is None:
        complaints.append("1: say in a docstring what this file is for")
    assert not complaints, "\n" + "\n".join(f"{path.relative_to(ROOT)}:{complaint}" for complaint in complaints)


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_public_things_are_documented(path: Path) -> None:
    tree = ast.parse(path.read_text())
    public = [n for n in tree.body if isinstance(n, ast.FunctionDef | ast.ClassDef) and not n.name.startswith("_")]
    silent = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.name} has no docstring; say what it means, its units and errors"
        for node in public
        if not ast.get_docstring(node)
    ]
    assert not silent, "\n" + "\n".join(silent)


@pytest.mark.parametrize("path", TESTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_no_test_is_skipped(path: Path) -> None:
    text = path.read_text()
    found = re.findall(r"mark\.sk" r"ip|pytest\.sk" r"ip\(|x" r"fail", text)
    assert not found, f"{path.relative_to(ROOT)}: {found}: a test that does not run proves nothing; mend the cause"
