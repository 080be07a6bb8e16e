"""Devices, and the way from arrays to NumPy and back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dualgrad._active import active
from dualgrad._naming import named
from dualgrad.typing import ArrayLike, Device, PyTree

if TYPE_CHECKING:
    import numpy as np

__all__ = ["block_until_ready", "default_device", "device_put", "devices", "effects_barrier", "is_array", "to_numpy"]


def block_until_ready(x: PyTree, /) -> PyTree:
    """`x`, once every array in it has been computed.

    Both frameworks return from an op on an accelerator before it has run; time a program only after this call.

    Args:
        x: A tree of arrays.

    Returns:
        `x` itself.

    Derivative:
        Not differentiable; used outside transforms.

    Example:
        >>> float(dg.block_until_ready(dg.ones(())))
        1.0

    Source: JAX, `block_until_ready`.
    """
    return active.backend.block_until_ready(x)


def default_device() -> Device:
    """The device that new arrays are made on: the framework's own setting.

    Returns:
        The framework's own device object.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.default_device() in dg.devices()
        True

    Source: JAX, `jax.default_device`; here it is asked.
    """
    return active.backend.default_device()


@named()
def device_put(x: PyTree, /, device: Device | None = None) -> PyTree:
    """`x` with every array in it on a device; NumPy arrays and Python scalars become arrays.

    Args:
        x: A tree of arrays, NumPy arrays and Python scalars.
        device: A device of the backend, or a string: `"cpu"`, `"gpu"`, `"cuda:1"`; `None` leaves arrays where they are
            and puts the rest on the default device. The JAX backend takes a sharding as well.

    Returns:
        The same tree, with arrays for leaves.

    Raises:
        UnsupportedError: There is no such device here.

    Derivative:
        Linear, both modes, any order.

    Example:
        >>> batch = dg.device_put({"x": 1.0, "y": dg.zeros(2)}, "cpu")
        >>> batch["y"].shape == (2,)
        True

    Source: JAX, `device_put`.
    """
    return active.backend.device_put(x, device)


def devices(kind: str | None = None, /) -> list[Device]:
    """The devices that this process can use, as the framework's own objects; accelerators first.

    Args:
        kind: `"cpu"`, `"gpu"`, `"cuda"`, ... for the devices of one kind; an empty list where there are none.

    Returns:
        A list of the framework's own device objects.

    Derivative:
        Not differentiable.

    Example:
        >>> len(dg.devices("cpu")) > 0
        True

    Source: JAX, `devices`.
    """
    return active.backend.devices(kind)


def effects_barrier() -> None:
    """Wait until every `dg.debug.print` and `dg.debug.callback` of the programs called so far has run.

    A JAX program may still be running, and printing, after its call has returned; on PyTorch they have run by then.

    Returns:
        Nothing.

    Derivative:
        Not differentiable; used outside transforms.

    Example:
        >>> dg.debug.print("x = {}", 2.0); dg.effects_barrier()
        x = 2.0

    Source: `jax.effects_barrier`.
    """
    active.backend.effects_barrier()


def is_array(x: object, /) -> bool:
    """Whether `x` is an array of the active backend, traced or not.

    Args:
        x: Anything.

    Returns:
        A Python bool.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.is_array(dg.ones(2)), dg.is_array(1.0)
        (True, False)

    Source: JAX, `isinstance(x, jax.Array)`.
    """
    return active.backend.is_array(x)


def to_numpy(x: ArrayLike, /) -> np.ndarray[Any, Any]:
    """A writable NumPy copy of an array, from whatever device.

    Args:
        x: An array, a NumPy array or a Python scalar. bfloat16 stays bfloat16 where the package `ml_dtypes` is
            installed (JAX brings it) and becomes float32 elsewhere.

    Returns:
        A NumPy array of the same shape and dtype.

    Raises:
        ConcretizationError: The array is being traced or differentiated and has no value to copy.

    Derivative:
        Not differentiable.

    Example:
        >>> dg.to_numpy(dg.asarray([1.0, 2.0])).tolist()
        [1.0, 2.0]

    Source: NumPy, `asarray`.
    """
    return active.backend.to_numpy(x)
