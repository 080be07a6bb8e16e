"""Records are frozen, compared, shown, copied and matched as `dataclass(frozen=True)` would have it."""

from __future__ import annotations

import copy
import inspect
import pickle

import pytest

import dualgrad as dg
from dualgrad.tree import DictKey, GetAttrKey

example = dg.ShapeDtypeStruct((2, 3), dg.float32)


def test_records_of_equal_fields_are_equal_and_hashed_alike() -> None:
    same = dg.ShapeDtypeStruct(dtype="float32", shape=(2, 3))
    assert example == same
    assert hash(example) == hash(same)
    assert example != dg.ShapeDtypeStruct((2, 3), dg.float64)
    assert example != ((2, 3), dg.float32)


def test_keys_of_a_path_keep_the_equality_that_they_define() -> None:
    assert DictKey("w") == "w"
    assert DictKey("w") != GetAttrKey("w")


def test_a_record_cannot_be_changed() -> None:
    with pytest.raises(AttributeError, match=r"ShapeDtypeStruct\.shape cannot be changed"):
        example.shape = (1,)  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(AttributeError, match=r"ShapeDtypeStruct\.dtype cannot be changed"):
        del example.dtype


def test_a_record_is_shown_by_its_fields() -> None:
    assert repr(dg.iinfo("int8")) == "IInfo(bits=8, max=127, min=-128, dtype=dualgrad.int8)"


def test_a_record_takes_its_fields_in_order_or_by_name_and_no_others() -> None:
    assert list(inspect.signature(dg.ShapeDtypeStruct).parameters) == ["shape", "dtype"]
    with pytest.raises(TypeError, match="missing 1 required positional argument: 'dtype'"):
        dg.ShapeDtypeStruct((2, 3))  # pyright: ignore[reportCallIssue]
    with pytest.raises(TypeError, match="unexpected keyword argument 'name'"):
        dg.ShapeDtypeStruct((2, 3), dg.float32, name="x")  # pyright: ignore[reportCallIssue]


def test_a_record_can_be_copied_pickled_and_matched() -> None:
    assert copy.deepcopy(example) == copy.copy(example) == pickle.loads(pickle.dumps(example)) == example
    match example:
        case dg.ShapeDtypeStruct((rows, _), dtype):
            assert (rows, dtype) == (2, dg.float32)
