"""Around every command: what went wrong becomes an exit code and a short message, as text or as JSON."""

import sys
import traceback
from collections.abc import Iterable, Sequence
from typing import Any

from bench.base.errors import BenchError, InputError, Problem
from bench.cli import exits
from bench.cli.app import app
from bench.cli.operator import OPERATOR, Aborted
from bench.cli.terminal import clean, note, say_json
from bench.record.storage import StorageError

_MESSAGE_MAX = 500


def run_command(arguments: Sequence[str]) -> int:
    """Run ``bench`` with these arguments; its exit code. Nothing escapes but what ends the interpreter."""
    debug = "--debug" in arguments
    rest = [argument for argument in arguments if argument != "--debug"]
    as_json = "--json" in rest
    try:
        code = app(args=rest, prog_name="bench", standalone_mode=False)
    except InputError as error:
        return _tell(exits.BAD_INPUT, error.problems, as_json)
    except StorageError as error:  # before a run, or of what is derived from one: a run ends by itself
        return _tell(exits.BAD_INPUT, [_message(str(error))], as_json)
    except Aborted:
        return _aborted(as_json)
    except Exception as error:
        if OPERATOR.asked and not OPERATOR.held:  # a library has taken the abort for an error of its own
            return _aborted(as_json)
        if debug:
            traceback.print_exc(file=sys.stderr)
        if hasattr(error, "format_message"):  # a mistake on the command line, as typer tells it
            return _tell(exits.BAD_INPUT, [_usage(error)], as_json)
        return _tell(exits.INTERNAL, [_message(_internal(error))], as_json)
    return code if isinstance(code, int) else exits.PASSED


def _aborted(as_json: bool) -> int:
    return _tell(exits.ABORTED, [_message("aborted by the operator before anything ran")], as_json)


def _usage(error: Any) -> Problem:
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "bench"
    return Problem(path, 0, 0, f"{error.format_message()} ({path} --help tells more)")


def _internal(error: Exception) -> str:
    kind = "" if isinstance(error, BenchError) else f"{type(error).__name__}: "
    return f"internal error: {kind}{error}"[:_MESSAGE_MAX] + " (bench --debug shows where)"


def _message(text: str) -> Problem:
    return Problem("bench", 0, 0, text)


def _tell(code: int, problems: Iterable[Problem], as_json: bool) -> int:
    problems = list(problems)
    if as_json:
        say_json({"exit": code, "problems": [as_data(problem) for problem in problems]})
        return code
    for problem in problems:
        note(problem)
    if len(problems) > 1:
        note(f"{len(problems)} problems")
    return code


def as_data(problem: Problem) -> dict[str, Any]:
    """A problem for machines."""
    return {
        "file": clean(problem.file),
        "line": problem.line,
        "column": problem.column,
        "message": clean(problem.message),
    }
