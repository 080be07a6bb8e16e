"""Errors of collectives and of named axes, in the same words on every backend."""

from __future__ import annotations

from dualgrad._rules.arguments import shown

__all__ = [
    "axis_name_error",
    "bad_permutation",
    "unbound_axis",
    "vmap_axis_size",
    "wrong_parts",
]


def wrong_parts(name: str, axis: int, got: int, size: int, tiled: bool) -> ValueError:
    """The error for an axis that cannot be taken apart among the elements of a mapped axis."""
    rule = f"a multiple of {size}, the size of the named axis" if tiled else f"{size}, that of the named axis"
    return ValueError(
        f"dualgrad.lax.{name}: the size of axis {axis}, which is split, must be {rule}, got {got}. "
        f"{'Pad it' if tiled else 'Pass tiled=True for blocks of several, or pad it'}."
    )


def unbound_axis(name: str, axis_name: object) -> NameError:
    """The error for a collective over an axis that no enclosing `vmap` names."""
    return NameError(
        f"dualgrad.lax.{name}: the axis must be named by an enclosing dg.vmap, got axis_name={axis_name!r}. Write "
        f"dg.vmap(f, axis_name={axis_name!r})."
    )


def axis_name_error(name: str, got: object) -> TypeError:
    """The error for the name of an axis that cannot be one."""
    op = name if name == "vmap" else f"lax.{name}"
    return TypeError(
        f"dualgrad.{op}: axis_name must be a hashable name or a tuple of them, got {shown(got)}. "
        "Use a string, as in axis_name='batch'."
    )


def vmap_axis_size(got: object, found: int | None = None) -> ValueError:
    """The error for an `axis_size` of `vmap` that is no size or differs from that of the arguments."""
    if found is None:
        return ValueError(f"dualgrad.vmap: axis_size must be an integer of at least 0, got {shown(got)}. Leave it out.")
    return ValueError(
        f"dualgrad.vmap: axis_size must be the size of the mapped axes, got axis_size={got} for arguments of size "
        f"{found}. Leave it out where an argument is mapped."
    )


def bad_permutation(perm: object, size: int) -> ValueError:
    """The error for pairs that are no partial permutation of the positions along an axis."""
    return ValueError(
        f"dualgrad.lax.ppermute: perm must be pairs (source, destination) of distinct positions below the axis size "
        f"{size}, got {perm}. A position that no pair names as destination receives zeros."
    )
