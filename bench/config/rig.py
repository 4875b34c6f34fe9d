"""The model of a rig file: everything the bench must know of its own hardware."""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Annotated

from pydantic import Field

from bench.base.channel import Channels
from bench.config.analyzer import Analyzer
from bench.config.buses import CanBus
from bench.config.channels import SIDES, Layout, bench_channels
from bench.config.dyno import Dyno
from bench.config.file_model import FileModel, Finding
from bench.config.flange import Flange
from bench.config.instrument import Instrument
from bench.config.insulation import Insulation
from bench.config.limits import LimitRule
from bench.config.located import Located, load_located
from bench.config.monitors import is_monitor
from bench.config.names import Name, PartName, Reference
from bench.config.periphery import BenchIo, Conditioner, Peripheral
from bench.config.quantity import DegC, Kelvin, Percent, Seconds, SpeedRate, SpeedRpm, TorqueNm, TorqueRate
from bench.config.scanner import Scanner
from bench.config.stopping import Stopping
from bench.config.suggest import suggestion
from bench.config.supply import Supply
from bench.config.unattended import Unattended


class Settling(FileModel):
    """When a point counts as settled, unless the plan says otherwise. Bands are half-widths."""

    torque: Annotated[TorqueNm, Field(gt=0)]
    speed: Annotated[SpeedRpm, Field(gt=0)]
    temperature: Annotated[Kelvin, Field(gt=0)]
    window: Annotated[Seconds, Field(gt=0)]
    timeout: Annotated[Seconds, Field(gt=0)]


class Ramps(FileModel):
    """The highest rates a plan may ask for, at the motor shaft."""

    torque: Annotated[TorqueRate, Field(gt=0)]
    speed: Annotated[SpeedRate, Field(gt=0)]


class Plausibility(FileModel):
    """Two sources for one quantity must agree, else the run stops."""

    torque: Annotated[Percent, Field(gt=0, le=20)]
    torque_band: Annotated[TorqueNm, Field(gt=0, le=50)]
    """The larger of the two counts, at the motor shaft (F-16); it bears a flange turned round in the sign check."""
    speed: Annotated[SpeedRpm, Field(gt=0)]
    """Motor speed against dyno speed times ratio (F-18)."""
    half_shaft_speed: Annotated[SpeedRpm, Field(gt=0)]
    """Left against right."""


class SignCheck(FileModel):
    """Small torque of both signs at low speed, before anything larger (at the motor shaft)."""

    speed: Annotated[SpeedRpm, Field(gt=0, le=1000)]
    torque: Annotated[TorqueNm, Field(gt=0, le=100)]
    tolerance: Annotated[TorqueNm, Field(gt=0)]
    hold: Annotated[Seconds, Field(gt=0)]


class Rig(FileModel):
    """A test bench. Motor-shaft quantities are those of the DUT; dyno quantities those of the dyno's shaft."""

    rig: Name
    title: str
    description: str = ""
    layout: Layout
    dut: Reference
    """The DUT that is on the bench unless the plan or the command names another."""
    ambient: DegC
    supply: Supply
    analyzer: Analyzer
    dynos: dict[PartName, Dyno]
    flanges: dict[PartName, Flange]
    scanner: Scanner | None = None
    """The bench's own thermocouples, if it has any."""
    can: dict[PartName, CanBus]
    conditioner: Conditioner
    bench_io: BenchIo = BenchIo()
    ramps: Ramps
    settling: Settling
    sign_check: SignCheck
    insulation: Insulation
    plausibility: Plausibility
    stopping: Stopping
    unattended: Unattended = Unattended()
    limits: tuple[LimitRule, ...] = ()

    def rules(self) -> Iterator[Finding]:
        yield from self._sides()
        yield from self._inputs()
        yield from self._buses()
        yield from self._watchdogs()
        yield from self._reach()
        yield from self._brakes()
        yield from self._flange_turned()
        names = self.channels().names
        for i, limit in enumerate(self.limits):
            if limit.channel not in names and not is_monitor(limit.channel):  # those depend on the databases
                hint = suggestion(limit.channel, names)
                owner = "this rig" if limit.channel.startswith(("scanner.", "imd.")) else f"layout {self.layout}"
                yield ("limits", i, "channel"), f"{owner} has no channel {limit.channel!r}; {hint}"

    def _flange_turned(self) -> Iterator[Finding]:
        """Which flange is mounted the other way round is the sign check's to find: it must come to its end."""
        wrong_nm = 2.0 * self.sign_check.torque / max(1, len(self.flanges))
        if self.plausibility.torque_band <= wrong_nm:
            told = f"one flange that is mounted the other way round is {wrong_nm:g} Nm wrong in the sign check"
            yield ("plausibility", "torque_band"), f"{told}; allow more than that, or lower sign_check.torque"

    def _sides(self) -> Iterator[Finding]:
        for key, prefix, given in (("dynos", "dyno", self.dynos), ("flanges", "flange", self.flanges)):
            wanted = {f"{prefix}_{side}" for side in SIDES[self.layout]}
            for name in sorted(wanted - set(given)):
                yield (key,), f"{name!r} is missing; layout {self.layout} needs {', '.join(sorted(wanted))}"
            for name in sorted(set(given) - wanted):
                yield (key, name), f"layout {self.layout} has no {name!r}; it has {', '.join(sorted(wanted))}"

    def _inputs(self) -> Iterator[Finding]:
        used: dict[int, str] = {}
        for name, flange in self.analyzer_flanges.items():
            if flange.motor_input in used:
                place = ("flanges", name, "motor_input")
                yield (
                    place,
                    f"motor input {flange.motor_input} is used by {used[flange.motor_input]!r} already; correct one",
                )
            used[flange.motor_input] = name
        resources: dict[str, str] = {}
        for path, resource in self.resources():
            if resource in resources:
                yield (*path, "resource"), f"{resource!r} belongs to {resources[resource]} already; correct it"
            resources[resource] = ".".join(path)

    def resources(self) -> Iterator[tuple[tuple[str, ...], str]]:
        """Each instrument's place in the file, and its VISA resource."""
        yield ("supply",), self.supply.resource
        yield ("analyzer",), self.analyzer.resource
        for name, dyno in self.linked_dynos.items():
            yield ("dynos", name), dyno.resource
        if self.scanner is not None:
            yield ("scanner",), self.scanner.resource
        for name, part in self.modbus.items():
            yield (name,), part.resource

    def _buses(self) -> Iterator[Finding]:
        for key in ("bus", "role"):
            seen: dict[object, str] = {}
            for name, bus in self.can.items():
                value = getattr(bus, key)
                if value in seen:
                    yield ("can", name, key), f"{value!r} belongs to {seen[value]!r} already; give each bus its own"
                seen[value] = name
        for role in {"dut", "bench_io"} - {bus.role for bus in self.can.values()}:
            yield ("can",), f"no bus has the role {role!r}; add one"
        for name, bus in self.can.items():
            if bus.role == "bench_io" and bus.dbc is None:
                yield ("can", name), "a bus of role 'bench_io' needs 'dbc'; add it, such as 'dbc: bench_io'"

    def _watchdogs(self) -> Iterator[Finding]:
        supply = self.supply.watchdog
        for name, dyno in self.dynos.items():
            if supply is not None and dyno.watchdog is not None and dyno.watchdog >= supply:
                message = "must be shorter than the supply's, which has to sink while the dyno acts"
                yield ("dynos", name, "watchdog"), f"{message}; lower it below {supply:g} s"

    def _reach(self) -> Iterator[Finding]:
        if self.bench_io.kind == "can":
            return
        needed = 2 * self.bench_io.poll + self.bench_io.timeout
        if self.stopping.contactor_timeout <= needed:
            told = f"leaves the link to the bench I/O no time to open and look; raise it above {needed:g} s"
            yield ("stopping", "contactor_timeout"), told

    def channels(self, more: str = "") -> Channels:
        """All channels of this bench, in image order; ``more``: rows of those that its inverter adds."""
        own = (self.scanner.channel_rows if self.scanner else "") + self.insulation.channel_rows
        return bench_channels(self.layout, f"{more}\n{own}")

    def _brakes(self) -> Iterator[Finding]:
        """A unit between a brake and a drive would be turned by one and stopped by the other."""
        if not self.absorbing:
            return
        for name, dyno in self.dynos.items():
            if not dyno.absorbing:
                yield ("dynos", name, "kind"), "the other dyno is a brake; both must be, or none"
            elif self.layout == "motor" and self.sign_check.torque > dyno.torque_at(self.sign_check.speed):
                told = f"{name} holds {dyno.torque_at(self.sign_check.speed):.1f} Nm there; raise the speed"
                yield ("sign_check", "speed"), told

    @property
    def absorbing(self) -> bool:
        """Whether the dynos can only take energy out of the shaft."""
        return any(dyno.absorbing for dyno in self.dynos.values())

    @property
    def sides(self) -> tuple[str, ...]:
        """``("l", "r")`` or ``("m",)``: the suffixes of dynos and flanges."""
        return SIDES[self.layout]

    @property
    def linked_dynos(self) -> dict[str, Dyno]:
        """Dynos that a link asks."""
        return {name: dyno for name, dyno in self.dynos.items() if dyno.kind != "can"}

    @property
    def modbus(self) -> dict[str, Peripheral]:
        """Periphery that a link asks."""
        parts: dict[str, Peripheral] = {"bench_io": self.bench_io, "conditioner": self.conditioner}
        return {name: part for name, part in parts.items() if part.kind == "modbus"}

    @property
    def instruments(self) -> dict[str, Instrument]:
        """Whatever has a link, by part, in the order of arming."""
        scanner = {} if self.scanner is None else {"scanner": self.scanner}
        return {**self.modbus, "analyzer": self.analyzer, **scanner, **self.linked_dynos, "supply": self.supply}

    @property
    def asked_by_link(self) -> dict[str, Instrument]:
        """Who tells the channels of a part (``dc`` of ``dc.voltage``), where a link asks for them."""
        told = {"bench_io": ("io",), "conditioner": ("coolant", "oil")}
        told["analyzer"] = ("dc", "ac", "field", "aux", *self.analyzer_flanges)
        return {part: each for name, each in self.instruments.items() for part in told.get(name, (name,))}

    @property
    def analyzer_flanges(self) -> dict[str, Flange]:
        """Flanges on motor inputs of the analyzer."""
        return {name: flange for name, flange in self.flanges.items() if flange.kind == "analyzer"}

    @property
    def on_can(self) -> tuple[str, ...]:
        """Dynos and flanges that the core itself reaches, by frames."""
        parts: dict[str, Dyno | Flange] = {**self.dynos, **self.flanges}
        return tuple(name for name, part in parts.items() if part.kind == "can")

    def bus(self, role: str) -> CanBus:
        """The bus with ``role`` ``dut`` or ``bench_io``."""
        return next(bus for bus in self.can.values() if bus.role == role)


def load_rig(path: Path, name: str | None = None, context: Mapping[str, object] | None = None) -> Located[Rig]:
    """The rig file at ``path``, checked. Raises ``InputError`` with every problem."""
    return load_located(path, Rig, name, context)
