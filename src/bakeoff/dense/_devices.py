"""One population over several devices: each trains its share of the streams, or of their members, by itself.

Members do not talk with each other, so no number travels between devices inside an epoch.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import jax
import numpy as np
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from bakeoff.dense._epoch import run_epoch
from bakeoff.dense._exact import Scores
from bakeoff.dense._plan import Batches, Layout
from bakeoff.dense._spec import Rates, TrainingSpec
from bakeoff.dense._state import Data, State

__all__ = ["Placement", "placement_for", "run_epoch_on_devices", "streams_to_add", "worth_their_memory"]

_NAME = "devices"
_MOST_BYTES_OF_ROWS = 512 * 2**20  # in the copies of all cores together
_WHOLE = PartitionSpec()  # type: ignore[no-untyped-call]
_DIVIDED = PartitionSpec(_NAME)  # type: ignore[no-untyped-call]
_WHOLE_THEN_DIVIDED = PartitionSpec(None, _NAME)  # type: ignore[no-untyped-call]


@dataclass(frozen=True, slots=True)
class Placement:
    """Which axis of a population is divided, and over which devices.

    Parameters
    ----------
    mesh : Mesh
        Of one axis.
    axis : int
        0: streams, 1: members of a stream.
    """

    mesh: Mesh
    axis: int

    @property
    def n_devices(self) -> int:
        """Over how many devices."""
        return int(self.mesh.size)

    @property
    def members(self) -> PartitionSpec:
        """Of arrays (streams, members of a stream, ...)."""
        return _WHOLE_THEN_DIVIDED if self.axis == 1 else _DIVIDED

    def local(self, layout: Layout) -> Layout:
        """What one device sees."""
        if self.axis == 0:
            return replace(layout, streams=layout.streams // self.n_devices)
        return replace(layout, members=layout.members // self.n_devices)

    def specs(self, layout: Layout, arguments: tuple[State, Rates, Data, dict[str, Batches]]) -> tuple[Any, ...]:
        """How each of the arguments of an epoch is divided; `arguments` may be specs or arrays."""
        state, rates, data, batches = arguments
        of_streams = _DIVIDED if self.axis == 0 else _WHOLE

        def of_batches(each: Batches) -> Batches:
            is_divided = self.axis == 0 and each.index.shape[1] == layout.streams
            spec = _WHOLE_THEN_DIVIDED if is_divided else _WHOLE
            return Batches(spec, spec)

        return (
            jax.tree.map(lambda _: self.members, state),
            jax.tree.map(lambda _: self.members, rates),
            Data(
                _WHOLE,
                _WHOLE,
                jax.tree.map(lambda _: _WHOLE if layout.shares_scaling else of_streams, data.scaling),
                jax.tree.map(lambda _: of_streams, data.distortion),
                jax.tree.map(lambda _: _WHOLE, data.sample_weights),
            ),
            {name: of_batches(each) for name, each in batches.items()},
        )

    def put(self, layout: Layout, arguments: tuple[Any, ...]) -> Any:
        """The arguments of an epoch where they belong; what lies there already stays."""
        shardings = jax.tree.map(
            partial(NamedSharding, self.mesh),
            self.specs(layout, arguments),
            is_leaf=lambda leaf: isinstance(leaf, PartitionSpec),
        )
        return jax.device_put(arguments, shardings)


def worth_their_memory(devices: Sequence[Any], bytes_of_rows: int) -> Sequence[Any]:
    """Those to use: each holds all rows, and cores of one processor hold them in the same memory.

    Examples
    --------
    >>> import jax
    >>> len(worth_their_memory(jax.devices("cpu") * 8, 200 * 2**20))
    2
    """
    if devices[0].platform != "cpu":
        return devices
    return devices[: max(1, _MOST_BYTES_OF_ROWS // max(bytes_of_rows, 1))]


def streams_to_add(n_streams: int, n_devices: int) -> int:
    """How many streams, trained for nothing, let more devices take part: at most a quarter of those that are wanted.

    Examples
    --------
    >>> [streams_to_add(n_streams, 2) for n_streams in (1, 2, 3, 5, 25)]
    [0, 0, 0, 1, 1]
    """
    of_one = -(-n_streams // n_devices)
    added = -n_streams % of_one
    return added if 4 * added <= n_streams else 0


def placement_for(layout: Layout, devices: Sequence[Any]) -> Placement | None:
    """Divide a population over as many devices as its streams, or else its members, can be divided by.

    Parameters
    ----------
    layout : Layout
    devices : sequence of jax.Device

    Returns
    -------
    Placement or None
        None where one device has it all.
    """
    for n_devices in range(len(devices), 1, -1):
        for axis, size in enumerate((layout.streams, layout.members)):
            if size % n_devices == 0:
                return Placement(Mesh(np.asarray(devices[:n_devices]), (_NAME,)), axis)
    return None


def run_epoch_on_devices(
    spec: TrainingSpec, layout: Layout, placement: Placement, *arguments: Any
) -> tuple[State, Scores]:
    """`run_epoch`, each device its share.

    Parameters
    ----------
    spec, layout, placement : static
    arguments
        Those of `run_epoch`.
    """
    of_one = partial(run_epoch, spec, placement.local(layout))
    in_specs = placement.specs(layout, arguments)
    out_specs = (in_specs[0], placement.members)
    divided = jax.shard_map(of_one, mesh=placement.mesh, in_specs=in_specs, out_specs=out_specs, check_vma=False)
    result: tuple[State, Scores] = divided(*arguments)
    return result
