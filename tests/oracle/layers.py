"""Whether what is stated of an encoder or a decoder is true of it: layers, activations, noise."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from tests.oracle.network import ROWS, Network, near, places, right
from tests.oracle.phrases import described, over_the_batch
from tests.oracle.statements import Method, Oracle, Statement, restart

_SHARP = 2e-3
"""How near numbers must be where kinds of functions are told apart, relative to the largest."""


def first_gets(change: Callable[[Statement, Tensor], Tensor]) -> Any:
    """Hold that the layer which is named gets a function of the argument."""

    def holds(method: Method, statement: Statement) -> bool:
        network = Network(method, statement)
        given = network.given()
        _, got = network.heard(given)
        return near(got[statement.text("layer")], change(statement, given))

    return holds


def hidden_is(activation: Callable[[Statement, Tensor], Tensor]) -> Any:
    """Hold that what a head gets is a function of what the first layer gives."""

    def holds(method: Method, statement: Statement) -> bool:
        network, fits = Network(method, statement), []
        for scale in (1, 20):  # the latter where a cap shows itself
            with torch.no_grad():
                network.layer(network.first).weight *= scale
                _, got = network.heard(network.given())
                before = network.layer(network.first)(got[network.first])
            want = activation(statement, before)
            fits.append(any(near(got[head], want, _SHARP) for head in network.heads if head in got))
        return all(fits)

    return holds


def result_is(
    change: Callable[[Statement, Tensor], Tensor], result: str = "theta", layer: str = "linear4"
) -> Any:
    """Hold that a result is a function of what a head gives."""

    def holds(method: Method, statement: Statement) -> bool:
        network = Network(method, statement)
        source = statement.text("layer") or layer
        fits = []
        for scale in (1, 5):  # the latter where theta comes near to 0 and 1
            with torch.no_grad():
                network.layer(source).weight *= scale
                results, got = network.heard(network.given())
                before = network.layer(source)(got[source])
            want = change(statement, before)
            fits.append(near(results[statement.text("result") or result], want, _SHARP))
        return all(fits)

    return holds


def changed(method: Method, statement: Statement) -> bool:
    """Whether the argument itself holds afterwards what is stated."""
    network = Network(method, statement)
    given = network.given()
    kept = given.clone()
    with torch.no_grad():
        getattr(network.model, network.task)(given)
    return near(given, described(statement.text("change"), kept)) and not torch.equal(given, kept)


def unused(*parts: str, random: bool = False) -> Any:
    """Hold that other numbers in parts of the layer which is named change nothing."""

    def holds(method: Method, statement: Statement) -> bool:
        network = Network(method, statement)
        given = network.given()

        def value() -> Tensor:
            restart()
            return network.together(given)

        before = value()
        with torch.no_grad():
            for part in parts:
                getattr(network.layer(statement.text("layer")), part).add_(0.7)
        differs = not torch.equal(network.together(given), network.together(given))
        return near(value(), before, 1e-5) and differs >= random

    return holds


def bias_times(method: Method, statement: Statement) -> bool:
    """Whether a right network gives the same once the bias is as large as stated."""
    network, layer = Network(method, statement), statement.text("layer")
    given = network.given()
    actual = network.together(given)
    with torch.no_grad():
        network.layer(layer).bias *= statement.number("factor")
    return near(actual, right(network, given))


def bias_otherwise(method: Method, statement: Statement) -> bool:
    """Whether what comes is right without the bias, and wrong with it, and not as if it lacked."""
    network, layer = Network(method, statement), statement.text("layer")
    given = network.given()
    actual, due = network.together(given), right(network, given)
    with torch.no_grad():
        network.layer(layer).bias.zero_()
    without = right(network, given)
    agrees = near(network.together(given), without)
    return agrees and not near(actual, due) and not near(actual, without)


def depends_on_other_head(method: Method, statement: Statement) -> bool:
    """Whether a result changes with the weights of the head that it should not know."""
    network = Network(method, statement)
    given, result = network.given(), statement.text("result")
    before = network.call(given)[result].detach().clone()
    with torch.no_grad():
        network.layer(statement.text("other")).weight.add_(0.7)
        return not near(network.call(given)[result], before)


def heads_exchanged(method: Method, statement: Statement) -> bool:
    """Whether each result is what the other head gives."""
    network = Network(method, statement)
    results, got = network.heard(network.given())
    with torch.no_grad():
        other = [network.layer(head)(got[head]) for head in reversed(network.heads)]
    return all(map(near, results.values(), other))


def one_head(method: Method, statement: Statement) -> bool:
    """Whether both results are what the head gives that is named."""
    network = Network(method, statement)
    layer = statement.text("layer")
    results, got = network.heard(network.given())
    with torch.no_grad():
        want = network.layer(layer)(got[layer][:ROWS])
    return all(near(result, want) for result in results.values())


def random_at(test: Callable[[Tensor, Tensor], bool]) -> Any:
    """Hold that two calls differ in the place that is named, as a test says, and not before."""

    def holds(method: Method, statement: Statement) -> bool:
        network = Network(method, statement)
        given, place = network.given(200), statement.text("place")
        one, two = places(network, given), places(network, given)
        order = [name for name in ("x", "z", "the hidden layer") if name in one]
        before = order[: order.index(place)] if place in order else order
        same = all(torch.equal(one[name], two[name]) for name in before)
        return same and not torch.equal(one[place], two[place]) and test(one[place], two[place])

    return holds


def theta_there(method: Method, statement: Statement) -> bool:
    """Whether theta is what is stated where the last layer gives one number, and not a sigmoid's.

    Raises:
        ValueError: the words are not known.
    """
    found = re.fullmatch(r"theta is (\S+) where linear4 gives (\S+)", statement.text("example"))
    if found is None:
        raise ValueError(f"nothing is known as {statement.text('example')!r}")
    came, given = float(found[1]), float(found[2])
    network = Network(method, statement)
    with torch.no_grad():
        network.layer("linear4").weight.zero_()
        network.layer("linear4").bias.fill_(given)
    theta = network.together(network.given())
    due = torch.full_like(theta, given).sigmoid()
    return near(theta, torch.full_like(theta, came), 5e-3) and not near(theta, due, 5e-3)


def dropped(method: Method, statement: Statement) -> bool:
    """Whether as many numbers in a place as stated are 0 in one call alone, and others grow."""
    network = Network(method, statement)
    given, place = network.given(400), statement.text("place")
    one, two = (places(network, given)[place] for _ in range(2))
    alive = (one != 0) | (two != 0)
    # Of numbers that are dropped with p, a share of p (1 - p) / (1 - p^2) is 0 where another isn't.
    rate = float(((one == 0) & (two != 0)).sum() / alive.sum())
    share = statement.number("share") / 100
    return abs(rate - share / (1 + share)) < 0.03


def noise_is_added(one: Tensor, two: Tensor) -> bool:
    """Whether what differs is as wide where numbers are small."""
    small = one.abs() < one.abs().median()
    wide = (one - two)[small].std() / (one - two)[~small].std()
    return bool(wide > 0.5)


def noise_multiplies(one: Tensor, two: Tensor) -> bool:
    """Whether what is 0 stays 0."""
    return bool(((one == 0) == (two == 0)).all())


def kept(method: Method, statement: Statement) -> bool:
    """Whether two calls from the same seed differ."""
    network = Network(method, statement)
    given, found = network.given(), []
    for _ in range(3):
        restart()
        found.append(network.together(given))
    return not all(torch.equal(found[0], other) for other in found)


def constant(method: Method, statement: Statement) -> bool:
    """Whether a result is the same number everywhere, under any weights."""
    level = float((statement.text("level") or "0").split()[0])
    values = []
    for seed in (0, 1):
        network = Network(method, statement, seed)
        values.append(network.call(network.given())[statement.text("result")].detach())
    return all(near(value, torch.full_like(value, level)) for value in values)


def only_pixels(method: Method, statement: Statement) -> bool:
    """Whether theta holds zeros and ones alone."""
    network = Network(method, statement)
    theta = network.together(network.given(40))
    return bool(((theta == 0) | (theta == 1)).all())


def over_rows(method: Method, statement: Statement) -> bool:
    """Whether what is named is changed along the batch as stated."""
    network = Network(method, statement)
    given, what = network.given(), statement.text("what")
    change = partial(over_the_batch, statement.text("done"))
    results, got = network.heard(given)
    seen = places(network, given)
    if what in ("x", "z"):
        return near(seen[what], change(given))
    with torch.no_grad():
        first = network.layer(network.first)(got[network.first])
    if what == "the hidden layer":
        return any(near(seen[what], after) for after in (change(first.relu()), change(first)))
    layer = what.removeprefix("what ").removesuffix(" gives")
    if layer == network.first:
        hidden = seen["the hidden layer"]
        return any(near(hidden, after) for after in (change(first).relu(), change(first)))
    with torch.no_grad():
        raw = network.layer(layer)(got[layer])
    result = results[network.results[network.heads.index(layer)]]
    after = change(raw), change(raw).sigmoid(), change(raw.sigmoid())
    return any(near(result, wanted) for wanted in after)


def _words(name: str) -> Callable[[Statement, Tensor], Tensor]:
    return lambda statement, value: described(statement.text(name).split(" in training")[0], value)


LAYERS: Oracle = {
    "argument_changed": first_gets(_words("change")),
    "relu_of_argument": first_gets(lambda _, given: given.relu()),
    "argument_overwritten": changed,
    "no_relu": hidden_is(lambda _, before: before),
    "other_hidden_activation": hidden_is(_words("activation")),
    "activation_on_head": result_is(_words("change")),
    "log_variance": result_is(_words("change"), "logsigma"),
    "sigma_returned": result_is(lambda _, a: a.exp(), "logsigma", "linear22"),
    "other_output_activation": result_is(_words("change")),
    "other_theta": theta_there,
    "logits_returned": result_is(lambda _, a: a),
    "sigmoid_twice": result_is(lambda _, a: a.sigmoid().sigmoid()),
    "relu_before_sigmoid": result_is(lambda _, a: a.relu().sigmoid()),
    "complement": result_is(lambda _, a: 1 - a.sigmoid()),
    "pixels_returned": only_pixels,
    "bias_unused": unused("bias"),
    "bias_multiplied": bias_times,
    "other_bias": bias_otherwise,
    "weight_unused": unused("weight"),
    "layer_unused": unused("weight", "bias"),
    "new_layer": unused("weight", random=True),
    "noise_for_layer": unused("weight", "bias", random=True),
    "both_heads_in_one": depends_on_other_head,
    "heads_swapped": heads_exchanged,
    "one_head_for_both": one_head,
    "dropout": dropped,
    "noise_added": random_at(noise_is_added),
    "noise_factor": random_at(noise_multiplies),
    "random_at": random_at(lambda one, two: True),
    "kept_between_calls": kept,
    "constant": constant,
    "over_the_batch": over_rows,
}
