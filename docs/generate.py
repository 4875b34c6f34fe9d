"""Writes what can be derived: the reference pages and the picture of the house. ``python docs/generate.py`` does it.

``pages`` is also what a test compares with the files, so that no page can tell yesterday's truth.
"""

import ast
import configparser
import enum
import inspect
import textwrap
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, get_args, get_type_hints

import typer
from analyzers_page import analyzers_page
from e2e_page import e2e_page
from markdown_table import table
from modbus_page import modbus_page
from pydantic import BaseModel

ROOT = Path(__file__).resolve().parents[1]
NOTE = "<!-- Made by docs/generate.py; change the source, not this page. -->\n"
BEGIN, END = "<!-- house: begin (docs/generate.py) -->", "<!-- house: end -->"

_ROOMS = {
    "base": "words: time, units, channels, records, rings, capabilities, errors",
    "schedule": "requests and the deterministic scheduler",
    "canbus": "databases, codec, E2E, the modelled wire",
    "plant": "machines, power stage, gear, shafts, heat",
    "analysis": "efficiency and uncertainty",
    "config": "plan, rig and DUT files",
    "core": "program, state, cycle, limits, stop ladder",
    "record": "journal, inbox log, MF4, manifest, points",
    "sequence": "steps, check, sequencer",
    "links": "one link an instrument",
    "report": "HTML, JUnit",
    "emulators": "the other side of every wire",
    "io": "clocks, VISA, CAN, processes, disks",
    "layout": "the core's tables from rig, DUT and databases",
    "assembly": "composition root",
    "campaign": "every fault in every state, judged",
    "service": "owns the bench, runs plans",
    "cli": "the command line",
}


def pages() -> dict[str, str]:
    """Every generated page: path from the root -> text."""
    made = {
        "commands": _commands(),
        "channels": _channels(),
        "drivers": _drivers(),
        "analyzers": analyzers_page(),
        "ak": _ak(),
        "modbus": modbus_page(),
        "stops": _stops(),
        "steps": _steps(),
        "faults": _faults(),
        "inverters": _inverters(),
        "e2e": e2e_page(),
    }
    written = {f"docs/reference/{name}.md": NOTE + text.rstrip() + "\n" for name, text in made.items()}
    return {**written, "README.md": with_house((ROOT / "README.md").read_text())}


def with_house(readme: str) -> str:
    """The README with the picture of the house as the import contract has it."""
    before, _, rest = readme.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n\n```mermaid\n{_house()}```\n\n{END}{after}"


def _house() -> str:
    contracts = configparser.ConfigParser()
    contracts.read(ROOT / ".importlinter")
    layers = [line.strip() for line in contracts["importlinter:contract:layers"]["layers"].splitlines() if line.strip()]
    lines = ["flowchart TB"]
    for number, layer in enumerate(layers):
        rooms = layer.replace(":", "|").split("|")
        lines.append(f'    subgraph floor{number}[" "]')
        lines.append("        direction LR")
        lines += [f'        {room.strip()}["<b>{room.strip()}</b><br/>{_ROOMS[room.strip()]}"]' for room in rooms]
        lines.append("    end")
    lines += [f"    floor{number} --> floor{number + 1}" for number in range(len(layers) - 1)]
    return "\n".join(lines) + "\n"


def _commands() -> str:
    from bench.cli.app import app

    text = f"# Commands\n\n{app.info.help}\n\n{app.info.epilog}\n"
    groups = [(f"{group.name} ", group.typer_instance) for group in app.registered_groups]
    for prefix, command in [(prefix, c) for prefix, part in (("", app), *groups) for c in part.registered_commands]:
        function: Any = command.callback
        hints = get_type_hints(function, include_extras=True)
        parameters = inspect.signature(function).parameters.values()
        rows = (_parameter(parameter, hints[parameter.name]) for parameter in parameters)
        text += f"\n## bench {prefix}{command.name}\n\n{function.__doc__}\n\n" + table(("argument", "meaning"), rows)
    return text


def _parameter(parameter: inspect.Parameter, hint: Any) -> tuple[str, str]:
    """One row, from what the command's signature says."""
    kind, told, *_ = get_args(hint)
    if isinstance(told, typer.models.ArgumentInfo):
        return f"`{(told.metavar or parameter.name).strip('[]').upper()}`", str(told.help)
    flag = next((text for text in told.param_decls or () if text.startswith("--")), f"--{parameter.name}")
    default = parameter.default
    shown = "" if default is None or default is False else f" Default: `{default}`."
    return f"`{flag}{_value(kind, told)}`", f"{told.help}{shown}"


def _value(kind: Any, told: Any) -> str:
    if kind is bool:
        return ""
    if isinstance(kind, type) and issubclass(kind, enum.Enum):
        return " " + "|".join(str(member.value) for member in kind)
    return f" {told.metavar or 'VALUE'}"


def _channels() -> str:
    from bench.config.channels import bench_channels

    text = (
        "# Channels\n\nEverything the bench knows has a channel. Torque is positive where the DUT drives the shaft\n"
        "forward; power at the DC terminals is positive where the DUT takes it.\n"
    )
    for layout, meaning in (("e_axle", "a dyno at each half-shaft"), ("motor", "one dyno at the motor shaft")):
        rows = ((f"`{channel.name}`", str(channel.unit), channel.description) for channel in bench_channels(layout))
        text += f"\n## Layout `{layout}`: {meaning}\n\n" + table(("channel", "unit", "meaning"), rows)
    return text + _THERMOCOUPLES + _insulation() + _monitors()


_THERMOCOUPLES = """
## Temperature scanner

A rig with a `scanner` has a channel for each of its thermocouples, such as `scanner.winding_temp` (degC), and
`scanner.open` (1): how many of them have no value, since their wire is broken or they are out of their range.
"""


def _insulation() -> str:
    from bench.config.insulation import MONITOR_ROWS

    text = (
        "\n## Insulation monitor\n\nWhere a rig names the database of a monitor (`insulation: {dbc: ...}`), it\n"
        "tells these of its signs:\n\n"
    )
    rows = (row.split(" ", 2) for row in MONITOR_ROWS.strip().splitlines())
    return text + table(("channel", "unit", "meaning"), ((f"`{name}`", unit, told) for name, unit, told in rows))


def _monitors() -> str:
    from bench.config.monitors import BUS_STATISTICS, BUSES, MESSAGE_STATISTICS

    buses = ", ".join(f"`{part}`" for part in BUSES.values())
    text = (
        "\n## CAN monitors\n\nWhich of these there are depends on the databases: `can_dut.edu_status_period_p99` is\n"
        f"bus, message in lower case and statistic. Buses: {buses}. All count from the start of the run.\n\n"
    )
    rows = [(f"`<bus>.<message>_{name}`", str(unit), told) for name, (unit, told) in MESSAGE_STATISTICS.items()]
    rows += [(f"`<bus>.{name}`", str(unit), told) for name, (unit, told) in BUS_STATISTICS.items()]
    return text + table(("channel", "unit", "meaning"), rows)


def _drivers() -> str:
    from drivers.registry import BUILT_IN, driver_class

    text = (
        "# Drivers\n\nEvery command that a driver sends or its emulator knows, from the command table of both, and\n"
        "where it is written. `unverified`: no page at hand; check it on hardware. Command: `[...]` may be left out,\n"
        "`<x>` is a number, capitals are the short form, `?` at the end: can only be asked.\n"
    )
    for name in BUILT_IN:
        found = driver_class(name)
        tested = "tested on hardware" if found.tested_on_hardware else "**never tested on hardware**"
        rows = ((f"`{c.text}`", c.purpose, c.unit, str(c.range), c.reply, c.source) for c in found.commands)
        head = ("command", "meaning", "unit", "range", "answer", "source")
        text += f"\n## `{name}` ({found.__name__}, {tested})\n\n" + table(head, rows)
    return text


def _ak() -> str:
    from drivers.ak import FUNCTIONS, REFUSALS

    functions = (
        (
            f"`{f.name}`",
            f"`{f.text}`",
            f.purpose,
            f.unit,
            str(f.range),
            f"`{f.text} e {f.reply}".rstrip() + "`",
            f.source,
        )
        for f in FUNCTIONS
    )
    head = ("use", "usual code", "meaning", "unit", "range", "reply", "source")
    refusals = ((f"`{word.decode()}`", told) for word, told in REFUSALS.items())
    return _AK + table(head, functions) + _REFUSED + table(("word", "meaning"), refusals)


_AK = """# AK functions of a dyno

A command is `STX`, one printable character, four letters, a space, the channel, perhaps a space and data, `ETX`. The
device answers with `STX`, one printable character, the same letters, a space, the error status, perhaps a space and
data, `ETX`; CR or CR LF may follow. The error status is 0, or it steps through 1 to 9 with each change of the device's
errors. `K0` is the whole device; a device that wants no channel has `channel: ""` in the rig file. Nothing is sent
unasked.

A maker's own codes stand in the rig file by use, such as `mnemonics: {set_speed: EDRZ, speed_in_force: ADRZ}`.
`unverified`: no manual was at hand; check it on hardware. **Never tested on hardware.**

NGA: Rosemount Analytical, NGA 2000 Software Manual AK-Protocol, 90003752(1), 10/98. CU-2: testo CU-2 user manual.
Servomex: SERVOPRO NOx manual.

"""
_REFUSED = """
## Instead of data

A function that is not carried out is answered with one of these words, the channel before it on some devices; a code
that the device does not know is echoed as `????`. Functions S and E need remote control, except `SREM`.

"""


def _stops() -> str:
    from bench.core.causes import Cause, cause_text

    def rows() -> Iterator[tuple[str, ...]]:
        for cause in Cause:
            told = cause_text(cause)
            yield str(int(cause)), told.happened, told.remedy, told.fault, "yes" if told.restartable else "no"

    text = "# Why the core stops\n\nThe codes stand in journals and are never renumbered.\n\n"
    return text + table(("code", "what happened", "what to do", "fault", "may arm again"), rows())


def _steps() -> str:
    from bench.sequence.registry import step_kinds

    text = "# Kinds of steps\n\nQuantities are written with their unit, as text: `3000 rpm`, `45 °C`, `2 min`.\n"
    for name, kind in step_kinds().items():
        told = (kind.parameters.__doc__ or "").strip().splitlines()[0]
        text += f"\n## `{name}`\n\n{told}\n\n" + table(("parameter", "required", "meaning"), _fields(kind.parameters))
    return text + _controls()


def _controls() -> str:
    from bench.config.plan_nodes import CONTROLS, Care, Sweep
    from bench.config.sweep import SweepForm

    text = _TREE
    for name, model in CONTROLS.items():
        written: type[BaseModel] = SweepForm if model is Sweep else model
        told = " ".join((model.__doc__ or "").split()).replace("``", "`")
        text += f"\n### `{name}`\n\n{told}\n\n"
        own = (field.alias or key for key, field in written.model_fields.items() if key not in Care.model_fields)
        keys = ("plan", "with") if name == "call" else (*own, *(("steps",) if model is Sweep else ()))
        text += table(("key", "required", "meaning"), ((f"`{key}`", *_OF_CONTROLS[key]) for key in keys))
    return text


_TREE = """
# The tree of a plan

A list of `steps` may hold, besides steps, the nodes below, nested as deep as a file may be (24 levels). What is known
before the run (parameters, sweeps, calls) is put in before the check: a plan grows to 10 000 steps at most, in which
those of a `repeat` count once. The schema for editors: `bench schema plan`.

A **parameter** has a name, a default and perhaps bounds: `speed: 3000 rpm`, or `hours: {default: 8 h, min: 1 min, max:
100 h, help: ...}`. `$speed` stands for its value wherever a value stands, `${0.5 * speed + 100 rpm}` is worked out with
its units ([expressions](expressions.md)), and `$$` begins a text with a dollar sign. `--set speed='4 krpm'` gives
another value of the same kind; the run keeps it, and `bench resume` uses it again.

**Every node** may have these keys: a step beside its kind (`- soak: {...}`, then `deadline: 1 h` below it), the others
inside.

| key | meaning |
| --- | --- |
| `name` | how it is called in messages |
| `deadline` | when it has not ended by then, the bench stops, and `on_fail` counts |
| `on_fail` | `skip`, `end`, or `{retry: 2, then: skip}` |
| `cleanup` | steps at its end, whatever happened; an error in them does not keep the rest from being done |

**When something fails**, the nearest `on_fail` above decides, and it counts for the node that carries it: that node is
begun anew as a whole, or left out as a whole. On a plan, a `repeat` or a `sweep` it counts for each entry or pass.
Without any, and with `end`, the plan ends. After a stop of the bench a rule counts only where the cause
[may arm again](stops.md): the stop is confirmed, the bench arms from scratch, what prepares it (`soak`) is done again;
at most five times for one cause in 24 hours. What was left out makes the run fail.

**After a stop** cleanup waits for the end of the stop, and only those of its steps are done that command nothing.

The journal, tables and reports name a step by its **place**: its number in a flat plan (0 is the first), `3.1` for the
second step of the fourth entry, `3/17.1` in the 17th pass of a repeat.
"""
_OF_CONTROLS: Mapping[str, tuple[str, str]] = {
    "steps": ("yes", "what is done"),
    "times": ("one of both", "how often"),
    "for": ("one of both", "how long, in s; time in which the plan was suspended does not count"),
    "over": ("yes", "the values of each variable; the last variable changes the quickest"),
    "order": (
        "no",
        "`given`; `snake`: each variable turns round at its ends; `high_to_low_load`; `thermal`: the highest load, the "
        "lowest, the second highest and so on, so that the mean temperature stays even; `random`. Load is the first "
        "variable that is a torque, else a power, else a current",
    ),
    "seed": ("for `random`", "the same seed gives the same order"),
    "branches": (
        "yes",
        "lists of steps. No two may command the same or measure both; a pause holds the one that drives",
    ),
    "condition": ("yes", "an [expression](expressions.md) that is true or false, such as `coolant.temp_out > 60 °C`"),
    "else": ("no", "what is done where it does not hold"),
    "plan": ("yes", "a name or a path, from the folder of this plan"),
    "with": ("no", "values of its parameters by name"),
}


def _fields(model: type[BaseModel], prefix: str = "") -> Iterator[tuple[str, ...]]:
    said = _docstrings(model)
    for name, field in model.model_fields.items():
        parts = (field.annotation, *get_args(field.annotation))
        inner = next((part for part in parts if _is_model(part)), None)
        marks = [*field.metadata, *(mark for part in parts for mark in getattr(part, "__metadata__", ()))]
        unit = next((str(item.unit) for item in marks if hasattr(item, "unit")), "1")
        told = field.description or said.get(name) or (inner.__doc__ if inner else "") or ""
        if unit != "1":
            told = f"{told.strip().rstrip('.')} ({unit})" if told else f"in {unit}"
        yield f"`{prefix}{name}`", "yes" if field.is_required() else "no", " ".join(told.split())
        if inner:
            yield from _fields(inner, f"{prefix}{name}.")


def _docstrings(model: type[BaseModel]) -> dict[str, str]:
    """What stands below the fields of a model, and of those that it extends."""
    found = {}
    for of in reversed([part for part in model.__mro__ if _is_model(part) and part is not BaseModel]):
        (body,) = ast.parse(textwrap.dedent(inspect.getsource(of))).body
        for field, below in pairwise(getattr(body, "body", ())):
            if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
                found[field.target.id] = ast.literal_eval(below.value)
    return found


def _is_model(part: object) -> bool:
    return isinstance(part, type) and issubclass(part, BaseModel)


def _faults() -> str:
    from bench.config.rig import load_rig
    from bench.config.search import find
    from bench.service.fault_lines import kinds_of

    rigs = [load_rig(find("rig", name)).value for name in ("e_axle_demo", "brake_demo", "e_axle_modbus", "e_axle_fast")]
    known: Mapping[str, tuple[str, ...]] = {place: kinds for rig in rigs for place, kinds in kinds_of(rig).items()}
    rows = ((f"`{place}`", ", ".join(f"`{kind}`" for kind in kinds)) for place, kinds in known.items())
    text = (
        "# Faults that `--fault` knows\n\n"
        "A line reads `place.kind[:argument]@start[+duration]`, such as `analyzer.silence@300s+2s`; on a bus the\n"
        "argument is the identifier of the message: `can.dut.wrong_crc:0x110@30s+100ms`. After a comma may stand\n"
        "which of its frames: `0x110,11` each eleventh, `0x110,25%` a quarter of them, drawn from the run's seed; for\n"
        "`delay` a time (`0x110,5ms`), for `wrong_length` and `babble` a length. `drop` and `bit_error` without an\n"
        "identifier meet every frame; `bus_off` meets the controller that sends it. The emulated unit's diagnosis:\n"
        "`ecu.identity:serial=4711@0s`, `ecu.stored:U0100-87@0s`; how the inverter was set up:\n"
        "`inverter.parameter:172=100@0s`. Insulation: `insulation.low:40 kohm@60s`; a monitor that speaks for itself\n"
        "may fail (`failing`) or begin anew with its self test (`restart`). A flange may be mounted the other way\n"
        "round (`flipped`), or its zero has moved: `flange_l.zero:5 Nm@0s`. The unit may age while it runs:\n"
        "`unit.gear:10%/h@0s` (the rate is drawn from the seed, within a quarter). The disk of\n"
        "the recorder may be full (`disk.full@30s`) or broken, as a whole or for one file\n"
        "(`disk.broken:samples.mf4@30s`). Parts of the plant fail (`plant.coupling@60s`,\n"
        "`plant.winding:190 degC@60s`, `plant.winding_rising:2 K/s@60s`), and sensors mislead:\n"
        "`sensor.frozen:torque_l@60s`, `sensor.drifting:torque_l,10@60s` (by so much a minute),\n"
        "`sensor.dead:speed_motor@60s`, `sensor.added:torque_l,50@60s` (in its own unit),\n"
        "`sensor.scaled:speed_l,2@60s`. A rig with `bench_io` or `conditioner` behind Modbus has these places too.\n\n"
    )
    return text + table(("place", "kinds"), rows) + _INSTRUMENT_FAULTS


_INSTRUMENT_FAULTS = """
## Of an instrument

| kind | what happens |
| --- | --- |
| `silence` | questions are obeyed and not answered |
| `late` | answers come later: `supply.late:400ms@60s` |
| `partial` | half of an answer in time, the rest later (`partial:600ms`), or never |
| `split` | an answer comes in four portions, 5 ms or `split:40ms` apart |
| `endless` | an answer does not end |
| `garbage` | what comes is no answer |
| `bare_lf` | an empty line answers what needs no answer |
| `close` | the connection is closed and refused |
| `nan`, `inf` | values are "no data" or over-range |
| `restart` | no power for this time; then a device without its set-up |
| `local` | somebody switches it to manual control: a drive lets go of its shaft |
| `alarm` | it trips by itself |
| `taken` | another host takes the control: a drive goes on as that one says |
| `broken_wire` | the wire of one thermocouple is broken: `scanner.broken_wire:winding@60s` |

Those up to `bare_lf` meet every answer, or each eleventh (`silence:11`), or a quarter of them, drawn from the run's
seed (`late:400ms,25%`).
"""


def _inverters() -> str:
    from bench.emulators import can_dynos, cascadia_cm, ecu
    from drivers.registry import INVERTERS, inverter_protocol

    text = (
        "# Inverters\n\nA DUT file names one by `inverter: {driver: ..., dbc: ...}`. **None was tested on hardware.**\n"
        "First what each protocol adds to the bench's channels, then the state machines of the emulated nodes.\n"
    )
    for name in INVERTERS:
        text += f"\n## `{name}`\n\n" + _protocol(inverter_protocol(name))
    text += "\n## State machines\n\nWhat follows an event (column) in a state (row), and the action; `·` is refused.\n"
    for machine in (ecu.MACHINE, *cascadia_cm.MACHINES, can_dynos.MACHINE):
        text += f"\n### {machine.title}\n\n" + _machine(machine)
    return text


def _protocol(protocol: Any) -> str:
    text = ""
    if protocol.channels:
        rows = (tuple(row.split(" ", 2)) for row in protocol.channels.strip().splitlines())
        text += table(("channel", "unit", "meaning"), ((f"`{name}`", unit, told) for name, unit, told in rows))
    for derived in protocol.derived:
        cases = [(f"{case.value:g}", _tests(case.when)) for case in derived.cases]
        head = (f"`{derived.channel}`", "when (the first that holds)")
        text += "\n" + table(head, iter([*cases, (f"{derived.otherwise:g}", "otherwise")]))
    for word in protocol.words:
        rows = ((str(n), told) for n, told in word.texts.items())
        text += "\n" + table((f"`{word.channel}`, {'bit' if word.bits else 'value'}", "meaning"), rows)
    if (own := protocol.parameters) is not None:
        text += f"\nParameters are read back before high voltage, by `{own.request}` and `{own.answer}`: the command "
        text += f"time-out (address {own.command_timeout}), and those below `inverter: {{parameters: ...}}`.\n"
    return text


def _tests(when: Any) -> str:
    return " and ".join(f"`{c}` = {a:g}" if a == b else f"`{c}` in {a:g} .. {b:g}" for c, a, b in when)


def _machine(machine: Any) -> str:
    def cell(state: int, event: str) -> str:
        if event not in machine.rows.get(state, {}):
            return "·"
        to, action = machine.rows[state][event]
        return machine.states[to] + (f" ({machine.actions[action]})" if machine.actions[action] else "")

    events = [event.name for event in machine.events]
    rows = ((f"**{word}**", *(cell(state, event) for event in events)) for state, word in machine.states.items())
    return table(("", *events), rows)


def main() -> None:
    """Write all pages."""
    for name, text in pages().items():
        (ROOT / name).write_text(text)


if __name__ == "__main__":
    main()
