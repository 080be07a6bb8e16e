"""What the table cannot say of `dg.nn`: mistakes, told in one way."""

from __future__ import annotations

import pytest

import dualgrad as dg

pytestmark = pytest.mark.usefixtures("backend")


def test_class_labels_must_be_integers() -> None:
    with pytest.raises(
        TypeError,
        match=r"dualgrad.nn.softmax_cross_entropy_with_integer_labels: labels must be integers, got dtype float32",
    ):
        dg.nn.softmax_cross_entropy_with_integer_labels(dg.ones((2, 3)), dg.ones(2))


def test_class_label_out_of_range_makes_the_loss_nan() -> None:
    loss = dg.nn.softmax_cross_entropy_with_integer_labels(dg.ones((2, 3)), dg.asarray([1, 3]))

    assert dg.to_numpy(dg.isnan(loss)).tolist() == [False, True]
