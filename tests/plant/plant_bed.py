"""A plant on its bench, driven from Python: inputs by name, many steps in one call."""

from typing import Any

import numpy as np

from bench.base.compiled import compiled
from bench.config.dut import Dut
from bench.config.located import load
from bench.config.search import find
from bench.plant.optimum import CurrentTable
from bench.plant.parameters import PlantParameters, plant_parameters
from bench.plant.plant import Plant, make_plant, step
from bench.plant.records import OUTPUTS, as_vector

MS = 1_000_000
_TABLES: dict[str, CurrentTable] = {}


@compiled
def run_plant(plant: Any, inputs: Any, outputs: Any, rows: Any, dt_ns: int, every: int) -> None:
    """Step through the rows of ``inputs``, ``every`` steps each; ``rows`` gets the outputs of each step."""
    n = 0
    for i in range(inputs.shape[0]):
        plant.inputs[0] = inputs[i]
        for _ in range(every):
            step(plant, dt_ns)
            rows[n] = outputs[0]
            n += 1


class Bed:
    """One plant with its supply on, dynos holding and media flowing, as a run would have it."""

    def __init__(self, name: str, layout: Any = "e_axle", **state: float) -> None:
        self.dut = load(find("dut", name), Dut)
        self.parameters: PlantParameters = plant_parameters(self.dut.plant_values(), layout)
        self.plant: Plant = make_plant(self.parameters, 70.0, _TABLES.get(name))
        _TABLES[name] = self.plant.table
        self.ratio = self.dut.ratio.value if layout == "e_axle" else 1.0
        self.set(
            supply_on=1, supply_voltage_v=400, supply_current_max_a=900, supply_sink_current_max_a=900,
            contactor_closed=1, pwm_on=1, dyno_l_on=1, dyno_r_on=1,
            coolant_in_degc=65, coolant_flow_l_min=10, oil_in_degc=70, oil_flow_l_min=6, ambient_degc=25,
        )  # fmt: skip
        for item, value in state.items():
            self.plant.state[item] = value

    def set(self, **inputs: float) -> None:
        """Change inputs; ``speed_rpm`` is the motor speed that both dynos shall hold."""
        speed = inputs.pop("speed_rpm", None)
        if speed is not None:
            inputs["dyno_l_speed_rpm"] = inputs["dyno_r_speed_rpm"] = speed / self.ratio
        for name, value in inputs.items():
            self.plant.inputs[name] = value

    def run(self, seconds: float, dt_ns: int = MS, **inputs: float) -> np.ndarray:
        """Step for ``seconds`` with these inputs; the outputs of each step."""
        self.set(**inputs)
        return self.play(self.plant.inputs.copy(), dt_ns, round(seconds * 1e9 / dt_ns))

    def play(self, inputs: np.ndarray, dt_ns: int = MS, every: int = 1) -> np.ndarray:
        """Step through an array of inputs."""
        rows = np.zeros(len(inputs) * every, OUTPUTS)
        run_plant(self.plant, inputs, self.plant.outputs, rows, dt_ns, every)
        return rows

    def at(self, speed_rpm: float, torque_nm: float, seconds: float = 4.0) -> Any:
        """The last outputs after settling at a point."""
        return self.run(seconds, speed_rpm=speed_rpm, torque_request_nm=torque_nm)[-1]


def losses(rows: np.ndarray) -> np.ndarray:
    """All losses, one row a step."""
    names = list(OUTPUTS.names or ())
    columns = [i for i, name in enumerate(names) if name.startswith("loss_")]
    return as_vector(np.ascontiguousarray(rows))[:, columns]
