"""Runs student code in a candidate process: reads one job, calls methods, returns data.

It decides nothing: it holds no expected value, and whatever it sends is only data to the examiner.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
import torch

from grader.candidate import confinement, scratch
from grader.candidate.loader import begin, describe, generators, load, move_on, seed_all
from grader.candidate.patches import (
    cpu_only,
    eager,
    idle_modules,
    places,
    programs,
    torchvision_fix,
)
from grader.candidate.reply import Outbox, encode, plain
from grader.candidate.tripwire import Tripwire
from grader.protocol.limits import Limits
from grader.protocol.wire import Message, read_exactly, unpack

AWAKE = b"."
"""What a candidate of its own says when its imports are done, before the job is read."""

FORKS_BEFORE_COLLAPSE = 12
"""As many forks are slower without huge pages as it takes to make them."""

LATE = ("torch._dynamo", "sympy")
"""What torch imports when it is first needed, by an optimiser for one; it takes a second."""

Array = Callable[[int], np.ndarray]


def serve(read_fd: int, write_fd: int, folder: str, confine: Callable[[], tuple[str, ...]]) -> None:
    """Carry out the one job that comes in on ``read_fd``; replies go to ``write_fd``.

    Each of its probes meets the student's program afresh, and ``folder`` empty.

    ``confine`` is called when the job is read and before any line of the student's runs; it says
    which layers are on, or raises `confinement.UnconfinedError`, and then nothing runs.
    """
    job = unpack(lambda count: read_exactly(read_fd, count))
    outbox = Outbox(write_fd)
    try:
        outbox.send({"kind": "confined", "layers": confine()})
    except confinement.UnconfinedError as error:
        outbox.send({"kind": "unconfined", "missing": error.missing})
        return
    idle_modules.install()
    programs.pass_over(".")
    tripwire = Tripwire(job.body["watch"])
    eager.install_for_checks()
    places.bring_named_here(job.body["program"], scratch.settle(folder))
    for probe in job.body["probes"]:
        scratch.settle(folder)
        scratch.clear(folder)
        _carry_out(probe, job, outbox, tripwire)


def _is_late() -> bool:
    return any(name in sys.modules for name in LATE)


def _carry_out(probe: Mapping[str, Any], job: Message, outbox: Outbox, tripwire: Tripwire) -> None:
    """Send what comes of building a probe's model, and then of each of its calls."""
    array = job.arrays[probe["first_array"] :].__getitem__
    begin(job.body["seed"])
    stage = "load"
    try:
        namespace = load(job.body["program"], probe["bind"])
        stage = "construct"
        kind = namespace[job.body["program"]["class_name"]]
        tripwire.watch(kind)
        vae = idle_modules.tolerating_missing(partial(_construct, kind, probe, namespace, array))
        tripwire.watch(vae)
    except BaseException as error:
        outbox.send({"kind": "raised", "stage": stage, **describe(error), "late": _is_late()})
        return
    outbox.send({"kind": "ready", "late": _is_late()})
    for call in probe["calls"]:
        tripwire.asked = call["method"]
        try:
            work = partial(_call, vae, namespace, call, array, outbox)
            body = idle_modules.tolerating_missing(work)
        except BaseException as error:
            body = {"kind": "raised", "stage": "call", **describe(error)}
        tripwire.asked = None
        outbox.send({**body, "touched": sorted(tripwire.touched), "late": _is_late()})


class ChangedInitError(Exception):
    """The constructor, which is given, does not make the layers that it should."""


def _instance(kind: Any, probe: Mapping[str, Any]) -> Any:
    """A model of these sizes; a bare one for methods that need no layer, if it can't be built."""
    try:
        return kind(*probe["sizes"])
    except Exception:
        if probe["weights"] or not issubclass(kind, torch.nn.Module):
            raise
    vae = kind.__new__(kind)
    torch.nn.Module.__init__(vae)
    for name, size in probe["bind"].items():
        setattr(vae, name, size)
    return vae


def _construct(kind: Any, probe: Mapping[str, Any], namespace: dict[str, Any], array: Array) -> Any:
    """Build the model, put the examiner's weights into its layers, and set stand-ins."""
    vae = _instance(kind, probe)
    spare = {name: i for name, i in probe["spare"].items() if hasattr(vae, name.split(".")[0])}
    with torch.no_grad():
        for name, index in {**probe["weights"], **spare}.items():
            layer, _, parameter = name.partition(".")
            _undo_weight_norm(getattr(vae, layer, None))
            target = getattr(getattr(vae, layer, None), parameter, None)
            weight = torch.from_numpy(array(index).copy())
            if not isinstance(target, torch.Tensor):
                raise ChangedInitError(f"{layer} is missing")
            if target.shape != weight.shape:
                shapes = f"{list(target.shape)} where {list(weight.shape)} is due"
                raise ChangedInitError(f"{name} has shape {shapes}")
            target.copy_(weight)
    namespace["vae"] = vae
    stand_ins = probe["stand_ins"]
    if stand_ins:
        names = {"torch": torch, "noise": torch.from_numpy(array(stand_ins["noise"]).copy())}
        exec(compile(stand_ins["source"], "stand-ins", "exec"), names)
        for method in stand_ins["methods"]:
            setattr(kind, method, names[method])
    return vae


def _undo_weight_norm(layer: Any) -> None:
    """Give a layer its weight back, of which direction and length are parameters of their own.

    It can hold any weight (Salimans and Kingma 2016, eq. 2), and computes the same with it.
    """
    if isinstance(getattr(layer, "weight_g", None), torch.Tensor):
        torch.nn.utils.remove_weight_norm(layer)
    parametrize = torch.nn.utils.parametrize
    if isinstance(layer, torch.nn.Module) and parametrize.is_parametrized(layer, "weight"):
        chain: Any = layer.parametrizations["weight"]  # type: ignore[index]
        if {type(step).__name__ for step in chain} == {"_WeightNorm"}:
            with torch.enable_grad():  # or the weight that is left would need none
                parametrize.remove_parametrizations(layer, "weight")


def _parameters(vae: Any, names: Any) -> dict[str, torch.Tensor]:
    return {name: getattr(getattr(vae, name.split(".")[0]), name.split(".")[1]) for name in names}


def _call(
    vae: Any, namespace: dict[str, Any], call: Mapping[str, Any], array: Array, outbox: Outbox
) -> dict[str, Any]:
    """Call one method ``repeat`` times, with gradients of its last value where asked for."""
    namespace["batch_size"] = call["batch_size"]
    parameters = _parameters(vae, call["parameters"])
    dtype = next(iter(parameters.values())).dtype if parameters else torch.get_default_dtype()
    leaves: dict[str, torch.Tensor] = {}

    def argument(name: str, given: Mapping[str, Any], computed: bool) -> Any:
        if "array" not in given:
            return given["value"]
        tensor = torch.from_numpy(array(given["array"]).copy())
        if not tensor.is_floating_point():
            return tensor
        tensor = tensor.to(dtype)
        if given["grad"]:
            leaves[name] = tensor.requires_grad_()
        elif not (computed and given["computed"]):
            return tensor
        # In training these are results of other layers: they have a graph, and may be changed.
        return tensor.requires_grad_().clone()

    def answers(computed: bool) -> tuple[list[Any], list[Any]]:
        """What comes of the calls, and the arguments as the last one has left them."""
        values: list[Any] = []
        arguments: list[Any] = []
        for _ in range(call["repeat"]):
            arguments = [argument(name, given, computed) for name, given in call["arguments"]]
            values.append(getattr(vae, call["method"])(*arguments))
        return values, arguments

    before = generators() if call["generators"] else []
    has_computed = any(given.get("computed") for _, given in call["arguments"])
    try:
        values, arguments = answers(has_computed)
    except Exception as error:
        if not has_computed:
            raise
        # Where the graph is what is too much for a method, its numbers are judged all the same.
        try:
            values, arguments = answers(computed=False)
        except Exception:
            raise error from None
    body: dict[str, Any] = {"kind": "returned"}
    if call["generators"]:
        body["generators"] = [before, generators()]
        move_on()
    if call["cotangents"] is not None:
        try:
            cotangents = [array(index) for index in call["cotangents"]]
            gradients = _gradients(values[-1], cotangents, {**leaves, **parameters})
            body["gradients"] = {
                name: None if g is None else outbox.attach(plain(g))
                for name, g in gradients.items()
            }
        except BaseException as error:
            body["backward"] = describe(error)
    body["values"] = [encode(value, outbox, depth=0) for value in values]
    if call["keep"]:
        names = [name for name, _ in call["arguments"]]
        body["kept"] = {n: encode(a, outbox, 1) for n, a in zip(names, arguments, strict=True)}
    return body


def _gradients(
    value: Any, cotangents: list[np.ndarray], inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor | None]:
    """Vector-Jacobian products of a method's value; None where no graph leads to an input.

    A value with as many numbers as its cotangent but another shape is met in order, one with
    another number of them by ones. Several values that are one tensor are one after the other in
    each row, or else the first of all rows comes first.
    """
    products = []
    items = list(value.values()) if isinstance(value, Mapping) else value
    items = items if isinstance(items, (tuple, list)) else [items]
    numbers = sum(cotangent.size for cotangent in cotangents)
    if isinstance(value, torch.Tensor) and len(cotangents) > 1 and value.numel() == numbers:
        in_rows = value.ndim > 1 and len(value) == len(cotangents[0])
        cotangents = [np.concatenate(cotangents, axis=1 if in_rows else 0)]
    for item, cotangent in zip(items, cotangents, strict=False):
        if not isinstance(item, torch.Tensor) or not item.requires_grad:
            continue
        vector = torch.from_numpy(cotangent.copy()).to(item.dtype)
        if vector.numel() == item.numel():
            vector = vector.reshape(item.shape)
        else:
            vector = torch.ones_like(item)
        products.append((item * vector).sum())
    if not products:
        return dict.fromkeys(inputs)
    # A scalar's gradient, for torch imports a computer algebra system to look at given cotangents.
    total = torch.stack(products).sum()
    try:
        found = torch.autograd.grad(
            total, list(inputs.values()), allow_unused=True, retain_graph=True
        )
    except RuntimeError as error:
        if "checkpoint" not in str(error):
            raise
        return _accumulated(total, inputs)  # the one way that such a checkpoint allows
    return dict(zip(inputs, found, strict=True))


def _accumulated(
    total: torch.Tensor, inputs: dict[str, torch.Tensor]
) -> dict[str, torch.Tensor | None]:
    """Gradients as training takes them."""
    for tensor in inputs.values():
        tensor.grad = None
    total.backward()
    return {name: tensor.grad for name, tensor in inputs.items()}


def prepare() -> None:
    """Make a warm process ready to be forked from."""
    _set_up()
    _rehearse()


def _set_up() -> None:
    """What every candidate has in common."""
    torch.set_num_threads(1)
    cpu_only.install()
    eager.install()
    torchvision_fix.install()
    confinement.prepare()


def _rehearse() -> None:
    """Compute once what candidates compute: torch sets much up when it is first asked."""
    seed_all(0)
    layer = torch.nn.Linear(2, 2)
    hidden = torch.relu(layer(torch.rand(3, 2)))
    theta = torch.sigmoid(hidden + torch.randn_like(hidden) * torch.exp(hidden))
    loss = torch.nn.functional.binary_cross_entropy(theta, torch.bernoulli(theta.detach()))
    torch.autograd.grad(loss, list(layer.parameters()))


def import_late() -> None:
    """Import what candidates have been seen to import, once for all that are forked from now on."""
    import torch._dynamo  # noqa: F401


def become(wire: int, given: dict[str, Any]) -> None:
    """Serve in a fork of the warm process, confined as is given, with ``folder`` of its own."""
    os.chdir(given["folder"])
    serve(wire, wire, given["folder"], lambda: _confine(given))


def _confine(given: Mapping[str, Any]) -> tuple[str, ...]:
    profile = confinement.Profile(Limits(**given["limits"]), writable=(given["folder"],))
    return confinement.confine(profile, given["trust"])


def main() -> None:
    """A candidate of its own, for platforms without a safe fork: the job comes on stdin."""
    replies = os.dup(1)
    null = os.open(os.devnull, os.O_RDWR)
    for fd in (1, 2):
        os.dup2(null, fd)
    _set_up()
    given = json.loads(sys.argv[1])

    def confine() -> tuple[str, ...]:
        os.dup2(null, 0)
        os.closerange(max(replies, null) + 1, 4096)
        return _confine(given)

    os.write(replies, AWAKE)
    serve(0, replies, given["folder"], confine)
    os._exit(0)


if __name__ == "__main__":
    main()
