"""What the namespace says of itself, as the array API asks it to."""

from __future__ import annotations

from typing import Any

import pytest

import dualgrad as dg


def test_version_of_the_standard() -> None:
    assert dg.__array_api_version__ == "2025.12"


@pytest.mark.parametrize("on", [False, True])
def test_default_dtypes_are_those_of_new_arrays(backend: Any, on: bool) -> None:
    with dg.enable_x64(on):
        found = dg.__array_namespace_info__().default_dtypes()
        assert found["real floating"] == dg.ones(2).dtype
        assert found["integral"] == dg.arange(2).dtype
        assert found["indexing"] == dg.argmax(dg.ones(2)).dtype
        assert found["complex floating"] == dg.asarray([1j]).dtype


@pytest.mark.parametrize("on", [False, True])
def test_listed_dtypes_can_be_asked_for(backend: Any, on: bool) -> None:
    with dg.enable_x64(on):
        found = dg.__array_namespace_info__().dtypes()
        assert len(found) == (13 if on else 9)
        for name, dtype in found.items():
            assert dg.zeros(1, dtype=dtype).dtype == dtype
            assert str(dtype) == name


def test_dtypes_of_a_kind(backend: Any) -> None:
    info = dg.__array_namespace_info__()
    assert set(info.dtypes(kind="signed integer")) == {"int8", "int16", "int32"}
    assert set(info.dtypes(kind=("bool", "real floating"))) == {"bool", "float32"}


def test_default_device_is_one_of_the_devices(backend: Any) -> None:
    info = dg.__array_namespace_info__()
    assert isinstance(info.devices(), tuple)
    assert info.default_device() in info.devices()
