"""Images under `jax.image`'s names, and interpolation at points.

`map_coordinates` is `jax.scipy.ndimage`'s; it stands here because it does the same at other places.
"""

from __future__ import annotations

from collections.abc import Sequence

from dualgrad._active import active
from dualgrad._composed import images as _images
from dualgrad._rules.products import Precision, as_precision
from dualgrad._rules.ranges import floated
from dualgrad._rules.shapes import as_dims, as_shape, sequence
from dualgrad.typing import Array, Scalar

__all__ = ["map_coordinates", "resize", "scale_and_translate"]
__dir__ = __all__.copy  # what completion offers


def map_coordinates(
    x: Array,
    coordinates: Array | Sequence[Array],
    /,
    order: int,
    *,
    mode: str = "constant",
    cval: Scalar = 0.0,
) -> Array:
    """Values of an array between its elements.

    Args:
        x: Any shape and dtype, at least one axis.
        coordinates: One array of coordinates for each axis of `x`, broadcast; element `i` lies at `i`.
        order: 0 for the nearest element, halves away from 0; 1 for linear interpolation.
        mode: What lies outside. `"constant"`: `cval`; `"nearest"`: the outer element; `"wrap"`: the array again;
            `"mirror"`: the array mirrored about the middles of the outer elements; `"reflect"`: about their edges.
        cval: Value outside in the mode `"constant"`.

    Returns:
        The broadcast shape of the coordinates, dtype of `x`; for integers rounded, halves away from 0.

    Raises:
        ValueError: The coordinates do not fit, or `order` or `mode` is unknown.
        TypeError: Coordinates are complex.

    Derivative:
        Linear in `x`. In coordinates the slope between the elements, at an element that of the piece above; 0 for order
        0. Both modes, any order.

    Example:
        >>> x = dg.asarray([[0.0, 1.0], [2.0, 3.0]])
        >>> dg.to_numpy(dg.image.map_coordinates(x, [dg.asarray([0.5]), dg.asarray([0.25])], 1)).tolist()
        [1.25]

    Source: jax.scipy.ndimage, `map_coordinates`; SciPy's modes `"grid-constant"` and `"grid-wrap"` are those without
    `grid-` here.
    """
    given = sequence("image.map_coordinates", coordinates)
    points = tuple([floated(c) if type(c) is int else c for c in given])  # of any size
    return active.backend.composed(_images.map_coordinates, x, points, cval, order=order, mode=mode)


def resize(
    x: Array,
    /,
    shape: Sequence[int],
    method: str,
    antialias: bool = True,
    precision: Precision = None,
) -> Array:
    """An array at another size.

    Args:
        x: Any shape; numeric. Integers are promoted to the default float, unless the method is `"nearest"`.
        shape: New shape; axes of the same size, such as those of a batch or of channels, stay as they are.
        method: `"nearest"`; `"linear"`, also `"bilinear"`, `"trilinear"`, `"triangle"`; `"cubic"`, also `"bicubic"`,
            `"tricubic"`: Keys' kernel; `"lanczos3"` or `"lanczos5"`.
        antialias: Whether to average over what an element stands for where the array shrinks.
        precision: Accepted for JAX's sake, by its names; the products have all digits in any case.

    Returns:
        An array of this shape. The weights are computed in float64.

    Raises:
        ValueError: `shape` has not as many axes as `x`, or the method is unknown.

    Derivative:
        Linear; both modes, any order.

    Example:
        >>> dg.to_numpy(dg.image.resize(dg.asarray([0.0, 1.0]), (4,), "linear")).tolist()
        [0.0, 0.25, 0.75, 1.0]

    Source: jax.image, `resize`.
    """
    as_precision("image.resize", precision)
    shape = as_shape("image.resize", shape)
    return active.backend.composed(_images.resize, x, shape=shape, method=method, antialias=antialias)


def scale_and_translate(
    x: Array,
    /,
    shape: Sequence[int],
    spatial_dims: Sequence[int],
    scale: Array,
    translation: Array,
    method: str,
    antialias: bool = True,
    precision: Precision = None,
) -> Array:
    """An array scaled and moved; what comes from outside is 0.

    Element `i` of an axis lands at `(i + 1/2) * scale + translation - 1/2`.

    Args:
        x: Any shape; numeric. Integers are promoted to the default float.
        shape: New shape.
        spatial_dims: The axes that are scaled and moved.
        scale: One factor for each of `spatial_dims`.
        translation: One distance for each of `spatial_dims`, in elements of the result.
        method: As for `resize`, without `"nearest"`.
        antialias: Whether to average over what an element stands for where the array shrinks.
        precision: Accepted for JAX's sake, by its names; the products have all digits in any case.

    Returns:
        An array of this shape.

    Raises:
        ValueError: A shape does not fit, or the method is unknown.
        IndexError: One of `spatial_dims` is out of range.

    Derivative:
        Linear in `x`; in `scale` and `translation` that of the weights between the elements. Both modes, any order.

    Example:
        >>> x, one = dg.asarray([0.0, 1.0, 2.0]), dg.asarray([1.0])
        >>> dg.to_numpy(dg.image.scale_and_translate(x, (3,), (0,), one, one, "linear")).tolist()
        [0.0, 0.0, 1.0]

    Source: jax.image, `scale_and_translate`.
    """
    as_precision("image.scale_and_translate", precision)
    shape = as_shape("image.scale_and_translate", shape)
    return active.backend.composed(
        _images.scale_and_translate,
        x,
        scale,
        translation,
        shape=shape,
        spatial_dims=as_dims("image.scale_and_translate", "spatial_dims", spatial_dims),
        method=method,
        antialias=antialias,
    )
