"""From what a candidate returned to arrays that can be judged, or the reason why not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from grader.kit.check import Lost
from grader.kit.failures import lost_by
from grader.kit.observation import Failure, Outcome, Returned, Value

Shape = tuple[int, ...]
Names = tuple[str, ...]

ONE_TENSOR = (
    "The caller goes on with one tensor that has a number for each row, and torch has to know how "
    "it was computed. What does your method hand over besides, or instead?"
)
"""What to think about where a method returns its numbers in another form."""


def values(outcome: Outcome, method: str) -> tuple[Value, ...]:
    """Return what a method returned, a value for each repetition.

    Raises:
        Lost: it returned nothing.
    """
    if isinstance(outcome, Failure):
        raise lost_by(outcome, method)
    for value in outcome.values:
        if value.form == "none":
            unwritten = {"unwritten": True, "fixed": True}
            raise Lost(f"`{method}` is not written yet: it returns None.", evidence=unwritten)
    return outcome.values


def gradients(outcome: Outcome, method: str) -> dict[str, np.ndarray | None]:
    """Return gradients by name, in double precision.

    Raises:
        Lost: the call or its backward pass failed.
    """
    values(outcome, method)
    assert isinstance(outcome, Returned)
    if outcome.backward is not None:
        raise lost_by(outcome.backward, method)
    return {
        name: None if gradient is None else gradient.astype(np.float64)
        for name, gradient in outcome.gradients.items()
    }


def shape_words(shape: Shape) -> str:
    """Return a shape as people write it."""
    return f"[{', '.join(map(str, shape))}]"


def wrong_shape(name: str, wanted: Shape, actual: Shape, meaning: str = "") -> Lost:
    """Return what is said of a wrong shape; ``meaning`` follows the wanted one."""
    return Lost(
        f"{name} should have shape {shape_words(wanted)}{meaning}, and has {shape_words(actual)}.",
        evidence={"wanted_shape": list(wanted), "shape": list(actual)},
    )


def shape_fits(actual: Shape, wanted: Shape) -> bool:
    """Return whether a shape is the wanted one; axes that happen to have size 1 may be dropped."""
    return actual == wanted or actual == tuple(n for n in wanted if n != 1)


def tensor(value: Value, name: str, hint: str = "") -> np.ndarray:
    """Return the numbers of a value that should be a real tensor, in double precision.

    NumPy arrays and lists of numbers are no tensors: the training loop could not use them.

    Raises:
        Lost: it is something else; ``hint`` is what to think about then.
    """
    if value.form == "tensor" and value.array is not None and "complex" not in value.type:
        return value.array.astype(np.float64)
    what = {
        "number": "a Python number",
        "ndarray": "a NumPy array",
        "list": "a list",
        "tuple": "a tuple",
        "dict": "a dict",
        "none": "None",
        "unreadable": f"a tensor of type {value.type} that can't be read",
        "tensor": f"a tensor of type {value.type}",
    }.get(value.form, f"an object of type {value.type}")
    raise Lost(f"{name} should be a tensor, and is {what}.", hint)


def tensor_of_shape(value: Value, name: str, shape: Shape, exactly: bool = False) -> np.ndarray:
    """Return a tensor's numbers in the wanted shape; ``exactly`` that where other methods need it.

    Raises:
        Lost: it is no tensor, or has another shape.
    """
    array = tensor(value, name)
    if array.shape != shape and (exactly or not shape_fits(array.shape, shape)):
        raise wrong_shape(name, shape, array.shape)
    return array.reshape(shape)


def one_number_a_row(value: Value, name: str, rows: int) -> np.ndarray:
    """Return a tensor's numbers, of which there has to be one for each row.

    Raises:
        Lost: it is no tensor, or has another shape.
    """
    array = tensor(value, name, ONE_TENSOR)
    if not shape_fits(array.shape, (rows,)):
        raise wrong_shape(name, (rows,), array.shape, ", one number a row")
    return array


def as_tensor(value: Value, row_size: int = 1) -> Value:
    """Return the tensor that a value is, or becomes after one more step.

    Such a step takes the first of several values, puts a list of rows together, each of
    ``row_size`` numbers, or makes a tensor of a number or an array.
    """
    if value.items:
        arrays = [item.array for item in value.items if item.array is not None]
        are_rows = all(array.size == row_size for array in arrays) and (
            value.form == "list" and len(arrays) == len(value.items)
        )
        if are_rows and len({array.shape for array in arrays}) == 1:
            return Value("tensor", np.stack(arrays))
        return as_tensor(value.items[0], row_size)
    if value.form in ("number", "ndarray", "list") and value.array is not None:
        return Value("tensor", value.array, type=value.type)
    return value


def numbers(outcome: Outcome, method: str, name: str) -> np.ndarray:
    """Return what a method gives for each row, after one more step if need be.

    Raises:
        Lost: it takes more than that.
    """
    return tensor(as_tensor(values(outcome, method)[0]), name)


def one_step_from(value: Value, name: str, shape: Shape) -> np.ndarray:
    """Return numbers that stand in the wanted shape, or do after one more step.

    Such a step leaves out an axis of size 1, takes the first of several values, exchanges rows and
    columns, or makes a tensor of an array. The check of the shape charges for it; the others judge
    what then is there.

    Raises:
        Lost: it takes more than that.
    """
    array = tensor(as_tensor(value, int(np.prod(shape[1:]))), name)
    if array.size == np.prod(shape) and without_ones(array.shape) == without_ones(shape):
        return array.reshape(shape)
    if array.shape == shape[::-1]:
        return array.T
    return tensor_of_shape(value, name, shape)


def without_ones(shape: Shape) -> Shape:
    """Return a shape without its axes of size 1."""
    return tuple(size for size in shape if size != 1)


def require_untouched(outcome: Outcome, given: Mapping[str, np.ndarray], names: Names) -> None:
    """Require that arguments are still as they were, and that results have their dtype.

    Args:
        outcome: of a call that sends its arguments back.
        given: the arguments, by name.
        names: of the values that go on to other layers, in their order; none if any dtype will do.

    Raises:
        Lost: it is not.
    """
    assert isinstance(outcome, Returned)
    for name, array in given.items():
        kept = outcome.kept.get(name)
        if kept is None or kept.array is None or not _equal(kept.array, array):
            raise Lost(
                f"The caller's {name} is changed in place: after the call it holds other numbers.",
                "Which of your steps change a tensor itself instead of making a new one? Who else "
                "still needs the old numbers?",
            )
    dtype = next(iter(outcome.kept.values())).type
    value = outcome.values[-1]
    for name, part in zip(names, value.items or (value,), strict=False):
        if part.form == "tensor" and part.type != dtype:
            raise Lost(
                f"{name} has dtype {part.type}, where what it is computed from has {dtype}.",
                "Tensors of two dtypes can't be multiplied. Which step of yours brings in another?",
            )


def require_unseeded(outcomes: Iterable[Outcome]) -> None:
    """Require that calls leave the generators of random numbers going on, each from another place.

    Raises:
        Lost: they are set back to the same place.
    """
    states = [outcome.generators for outcome in outcomes if isinstance(outcome, Returned)]
    for of_generator in zip(*states, strict=False):
        moved = [after for before, after in of_generator if before != after]
        if len(set(moved)) < len(moved):
            break
    else:
        return
    raise Lost(
        "Every call seeds the generator of random numbers anew, so that all that is drawn after it "
        "is the same each time.",
        "Training wants new noise in every step. Where is a seed set that should not be?",
    )


def _equal(kept: np.ndarray, given: np.ndarray) -> bool:
    return kept.shape == given.shape and bool(np.all(kept == given.astype(kept.dtype)))


def first_two(value: Value, names: Sequence[str], shape: Shape) -> tuple[Value, Value]:
    """Return a pair, after one more step: leaving out a third value, or taking one thing apart.

    That may be a dict, or a tensor that holds both ``[rows, units]``, side by side in each row or
    the second behind the first.

    Raises:
        Lost: it is something else.
    """
    if value.form in ("tuple", "list", "dict") and len(value.items) >= 2:
        return value.items[0], value.items[1]
    array = value.array
    if array is not None and array.size == 2 * np.prod(shape) and array.shape != (2, *shape):
        rows, units = shape
        in_rows = array.ndim > 1 and len(array) == rows
        both = array.reshape(rows, 2, units).swapaxes(0, 1) if in_rows else array
        return _halves(both.reshape(2, *shape), value.type)
    return pair(value, names)


def pair(value: Value, names: Sequence[str]) -> tuple[Value, Value]:
    """Return the two parts of a pair; a tensor ``[2, ...]`` unpacks into one too.

    Raises:
        Lost: it is something else.
    """
    wanted = f"a pair ({names[0]}, {names[1]})"
    if value.form in ("tuple", "list") and value.items:
        if len(value.items) == 2:
            return value.items[0], value.items[1]
        raise Lost(f"The method should return {wanted}, and returns {len(value.items)} values.")
    array = value.array
    if value.form == "tensor" and array is not None and array.ndim == 3 and len(array) == 2:
        return _halves(array, value.type)
    raise Lost(f"The method should return {wanted}, and returns a single value.")


def _halves(array: np.ndarray, dtype: str) -> tuple[Value, Value]:
    return Value("tensor", array[0], type=dtype), Value("tensor", array[1], type=dtype)
