"""Plots, progress bars, debuggers and packages that aren't there cost no point of a right class."""

from __future__ import annotations

from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from grader.examiner.rubric import Rubric
from grader.submission import extract, load
from grader.vae import ASSIGNMENT
from tests.notebooks.made import lost, made

RETURN = "return -cross_entropy"
KL = "variance = torch.exp(2 * logsigma)"


def in_elbo(*lines: str) -> dict[str, str]:
    """Lines before what ``elbo`` returns."""
    return {RETURN: "\n        ".join([*lines, RETURN])}


LEFT_IN_ELBO = {
    "display": ["display(theta.shape)"],
    "get_ipython": ["get_ipython().run_line_magic('time', '')", "In; Out; _"],
    "ipython's display": [
        "from IPython.display import display, clear_output, HTML",
        "clear_output(wait=True); display(HTML('<b>x</b>'))",
    ],
    "breakpoint": ["breakpoint()"],
    "pdb": ["import pdb; pdb.set_trace()"],
    "pdb in a line": ["from pdb import set_trace", "set_trace()"],
    "ipdb, which is missing": ["import ipdb", "ipdb.set_trace(context=5)"],
    "embed": ["import IPython", "IPython.embed()"],
    "ipython's debugger": ["from IPython.core.debugger import Pdb", "Pdb().set_trace()"],
    "input": ["input('go on?')"],
    "plot": ["plt.imshow(theta[:4].detach().cpu().numpy()); plt.show()"],
    "subplots": [
        "fig, axes = plt.subplots(2, 2, figsize=(3, 3))",
        "(a, b), (c, d) = axes",
        "axes[0, 1].hist(theta.detach().numpy().ravel(), bins=20)",
        "for ax in axes.flat: ax.set_axis_off()",
        "line, = a.plot([1, 2]); line.set_color('k'); first, *rest = a.get_lines()",
        "fig.set_size_inches(fig.get_figwidth() * 2, 3)",
        "plt.rcParams['figure.dpi'] = 80",
        "with plt.style.context('ggplot'): fig.savefig('theta.png')",
        "plt.close(fig)",
    ],
    "imports of its own": [
        "import matplotlib; matplotlib.use('Agg')",
        "import matplotlib.pyplot as plot, matplotlib.cm as cm",
        "from mpl_toolkits.axes_grid1 import ImageGrid",
        "plot.figure(); plot.title(f'{cm.viridis}')",
    ],
    "seaborn": ["sns.set_theme(); sns.heatmap(theta.detach().numpy())"],
    "vae_utils": ["vae_utils.visualize_vae_samples(theta.detach().numpy())"],
    "tqdm": [
        "from tqdm.auto import tqdm, trange",
        "assert [n for n in tqdm(range(3), desc='rows')] == [0, 1, 2]",
        "assert list(trange(2)) == [0, 1] and len(tqdm([1, 2])) == 2",
        "with tqdm(total=3) as bar: bar.update(1); bar.set_postfix(loss=1.0)",
    ],
    "old name of a bar": ["from tqdm import tqdm_notebook", "for _ in tqdm_notebook([0]): pass"],
    "display with an id": [
        "handle = display('start', display_id=True)",
        "handle.update('on'); handle.display()",
    ],
    "display with an id, imported": [
        "from IPython.display import display",
        "display('start', display_id='a').update('on')",
    ],
    "a record kept elsewhere": ["import wandb", "wandb.log({'theta': theta.mean().item()})"],
    "tensorboard": [
        "from torch.utils.tensorboard import SummaryWriter",
        "SummaryWriter('runs').add_scalar('theta', theta.mean(), 0)",
    ],
    "import that may fail": [
        "try:",
        "    import nowhere_to_be_found",
        "    raise AssertionError",
        "except ImportError:",
        "    pass",
    ],
}


@pytest.mark.parametrize("lines", LEFT_IN_ELBO.values(), ids=list(LEFT_IN_ELBO))
def test_what_is_left_in_a_method_does_nothing(
    lines: list[str], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    assert lost(made(tmp_path, in_elbo(*lines)), candidates, rubric, "elbo") == []


MISSING = {
    "decorators": (
        ["from nowhere_typed import Float, jaxtyped, typechecked\nfrom torch import Tensor"],
        {
            "def encoder(self, x)": "@jaxtyped(typechecker=typechecked)\n    "
            "def encoder(self, x: Float[Tensor, 'b d']) -> Float[Tensor, 'b k'] | None",
            "def elbo": "@typechecked\n    def elbo",
            "class VAE": "@typechecked\nclass VAE",
        },
    ),
    "others of the statement": (
        ["import nowhere_a, math, nowhere_b as b\nfrom functools import reduce, no_such_name"],
        {"return 0.5 *": "return math.exp(-reduce(lambda a, b: a * b, [math.log(2)])) *"},
    ),
    "others of the cell": (
        ["from nowhere import a\nhalf = 0.5"],
        {"return 0.5 *": "return half *"},
    ),
    "a base that is torch's module": (
        ["import lightning_that_is_missing as pl"],
        {"nn.Module": "pl.LightningModule"},
    ),
    "progress bar": (
        ["from tqdm.notebook import tqdm"],
        {KL: f"for _ in tqdm([0]): {KL}"},
    ),
    "ic": (
        ["from icecream import ic\nic.configureOutput(prefix='')"],
        {KL: f"mu, logsigma = ic(mu, logsigma); mu = ic(mu); ic(); {KL}"},
    ),
    "settings": (
        ["from easydict import EasyDict\ncfg = EasyDict({'kl': {'half': 0}})\ncfg.kl.half = 0.5"],
        {"return 0.5 *": "return cfg.kl['half'] *"},
    ),
    "settings of omegaconf": (
        ["from omegaconf import OmegaConf\ncfg = OmegaConf.create({'half': 0.5})"],
        {"return 0.5 *": "return cfg.half *"},
    ),
    "a device": (
        ["import torch_xla.core.xla_model as xm\nDEVICE = xm.xla_device()"],
        {KL: f"mu = mu.to(DEVICE) + torch.zeros(1, device=DEVICE); {KL}"},
    ),
    "an accelerator": (
        ["from accelerate import Accelerator\naccelerator = Accelerator()"],
        {KL: f"mu = mu.to(accelerator.device); accelerator.print(mu); {KL}"},
    ),
    "a call without value": (
        ["import nowhere_logs\nlog = nowhere_logs.get_logger('vae', level=3)"],
        {KL: f"log.info('kl', mu); {KL}"},
    ),
}


@pytest.mark.parametrize(("before", "changes"), MISSING.values(), ids=list(MISSING))
def test_a_missing_package_costs_nothing_where_its_work_is_not_needed(
    before: list[str],
    changes: dict[str, str],
    candidates: Candidates,
    rubric: Rubric,
    tmp_path: Path,
) -> None:
    path = made(tmp_path, changes, before)
    assert lost(path, candidates, rubric, "encoder", "kl", "elbo") == []


@pytest.mark.parametrize(
    "use",
    [
        "return nowhere.reduce(cross_entropy, 'b d -> b') - 0",
        "return -cross_entropy.sum(-1) - torch.sum(nowhere.f(theta))",
        "return -torch.stack([nowhere.f(theta), theta]).sum()",
        "return nowhere.elbo(theta, x)",
        "return -torch.tensor(float(nowhere.value))",
        "return -cross_entropy.sum(-1) if nowhere.flag else 0",
    ],
)
def test_a_missing_package_is_named_where_its_work_is_needed(
    use: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    changes = {"return -cross_entropy.sum(dim=-1) - self.kl_divergence(mu, logsigma)": use}
    path = made(tmp_path, changes, ["import nowhere"])
    told = lost(path, candidates, rubric, "kl", "elbo")
    assert told
    assert all(text.startswith("elbo.") for text in told)
    assert all("package nowhere isn't installed" in text for text in told), told


CHOSEN = "device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')"
DEVICES = {
    "as a context": (CHOSEN, "with device: z = torch.randn(num_samples, self.latent_dim)"),
    "as one of torch's": (
        CHOSEN,
        "z = torch.randn(num_samples, self.latent_dim, device=device)\n        "
        "assert z.device == device and not z.device != device\n        "
        "assert isinstance(device, torch.device) and device in (z.device, torch.device('cpu'))",
    ),
    "as a text": (
        "device = 'cuda' if torch.cuda.is_available() else 'cpu'",
        "z = torch.randn(num_samples, self.latent_dim, device=device)\n        "
        "assert isinstance(device, str) and device in ('cpu', 'cuda') and {device: 1}[device]",
    ),
    "of a GPU": (
        "device = 'cuda'",
        "with torch.cuda.device(device):\n            "
        "z = torch.randn(num_samples, self.latent_dim, device=device)",
    ),
}


@pytest.mark.parametrize(("before", "use"), DEVICES.values(), ids=list(DEVICES))
def test_the_device_is_whatever_the_notebook_makes(
    before: str, use: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    line = "z = torch.randn(num_samples, self.latent_dim, device=weight.device, dtype=weight.dtype)"
    assert lost(made(tmp_path, {line: use}, [before]), candidates, rubric, "sample") == []


@pytest.mark.parametrize(
    "cell",
    [
        "L = int(input('latent size? ') or 40)",
        "try:\n    L = int(input('latent size? '))\nexcept ValueError:\n    L = 40",
        "L = 40\nname = input('name? ').strip()\nsize = int(input('size? '))",
        "L = input('latent size? ')\nL = int(L) if L.isdigit() else 40",
    ],
)
def test_a_question_with_a_default_may_stay_unanswered(
    cell: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    assert lost(made(tmp_path, {"0.5 *": "L / 80 *"}, [cell]), candidates, rubric, "kl") == []


@pytest.mark.parametrize(
    "cell",
    [
        "half = float(input('half? '))",
        "half, one = map(float, input('numbers? ').split())",
        "import json, getpass\nhalf = json.loads(getpass.getpass())['half']",
        "def ask():\n    return float(input())\nhalf = ask()",
        "while True:\n    try:\n        half = float(input('half? '))\n        break\n"
        "    except ValueError:\n        print('again')",
    ],
)
def test_a_question_that_the_class_needs_is_told(
    cell: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    told = lost(made(tmp_path, {"0.5 *": "half *"}, [cell]), candidates, rubric, "kl")
    assert len(told) == 3
    assert all("input() has nobody to answer it here" in message for message in told), told


def test_a_question_in_a_method_is_told(
    candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, {"0.5 *": "float(input('half? ')) *"})
    told = lost(path, candidates, rubric, "kl")
    assert all("input() has nobody to answer it here" in message for message in told), told


LIGHTNING = "import pytorch_lightning as pl"
ON_LIGHTNING = {"nn.Module": "pl.LightningModule"}
KEEPS_LATENT = "self.latent_dim = latent_dim"
BASES: dict[str, tuple[str, dict[str, str]]] = {
    "mixin before": ("from nowhere import Mixin", {"nn.Module": "Mixin, nn.Module"}),
    "mixin after, with settings": (
        "from nowhere import HubMixin",
        {"nn.Module": "nn.Module, HubMixin, tags=['vae']"},
    ),
    "mixin that is initialised": (
        "from nowhere import HubMixin",
        {
            "nn.Module": "nn.Module, HubMixin",
            "super().__init__()": "nn.Module.__init__(self); HubMixin.__init__(self)",
        },
    ),
    "two": (
        f"from nowhere import Mixin\n{LIGHTNING}",
        {"nn.Module": "pl.LightningModule, Mixin"},
    ),
    "by another name": (f"{LIGHTNING}\nBase = pl.LightningModule", {"nn.Module": "Base"}),
    "of a base": (
        f"{LIGHTNING}\nclass Base(pl.LightningModule):\n    pass",
        {"nn.Module": "Base", RETURN: f"self.log('loss', 1.0); {RETURN}"},
    ),
    "initialised by name": (
        LIGHTNING,
        {**ON_LIGHTNING, "super().__init__()": "pl.LightningModule.__init__(self)"},
    ),
    "records": (
        LIGHTNING,
        {
            **ON_LIGHTNING,
            RETURN: "self.log('a', 1.0); self.log_dict({'a': theta}, prog_bar=True)\n        "
            "if self.global_step % 100 == 0:\n            "
            f"self.logger.experiment.add_scalar('a', 1, self.current_epoch)\n        {RETURN}",
        },
    ),
    "settings": (
        LIGHTNING,
        {
            **ON_LIGHTNING,
            KEEPS_LATENT: "self.save_hyperparameters()",
            "self.latent_dim, device=weight": "self.hparams.latent_dim, device=self",
            "dtype=weight": "dtype=self",
        },
    ),
    "chosen settings": (
        LIGHTNING,
        {
            **ON_LIGHTNING,
            KEEPS_LATENT: "self.save_hyperparameters('latent_dim', 'hidden_dim')",
            "self.latent_dim,": "self.hparams['latent_dim'],",
        },
    ),
}


@pytest.mark.parametrize(("before", "changes"), BASES.values(), ids=list(BASES))
def test_a_base_that_is_missing_costs_nothing(
    before: str, changes: dict[str, str], candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, changes, [before])
    assert lost(path, candidates, rubric, "kl", "elbo", "sample") == []
    notes = [note for note in extract(load(path), ASSIGNMENT).notes if "isn't installed" in note]
    assert len(notes) == before.count("import ")


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"self.linear4(hidden)": "self.liner4(hidden)"}, "no `liner4` in VAE"),
        ({"torch.sigmoid(": "self.trainer.sigmoid("}, "package pytorch_lightning isn't installed"),
        (
            {
                KEEPS_LATENT: "self.save_hyperparameters(ignore='latent_dim')",
                "torch.sigmoid(": "self.hparams.latent_dim * torch.sigmoid(",
            },
            "latent_dim",
        ),
    ],
)
def test_what_a_missing_base_would_compute_is_not_made_up(
    changes: dict[str, str], told: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    found = lost(made(tmp_path, ON_LIGHTNING | changes, [LIGHTNING]), candidates, rubric, "decoder")
    assert found
    assert all(told in message for message in found), found


HALF = "async def half():\n    "


@pytest.mark.parametrize(
    "cell",
    [
        "import asyncio\n"
        + HALF
        + "await asyncio.sleep(0.01)\n    return 0.5\nHALF = await half()",
        "import contextlib\n@contextlib.asynccontextmanager\nasync def given():\n    yield 0.5\n"
        "async with given() as HALF:\n    pass",
        "async def halves():\n    yield 0.5\nasync for HALF in halves():\n    pass",
        HALF + "return 0.5\nHALVES = [await half() for _ in range(2)]\nHALF, _ = HALVES",
        "import nest_asyncio, asyncio\nnest_asyncio.apply()\n" + HALF + "return 0.5\n"
        "HALF = asyncio.run(half())",
    ],
)
def test_a_constant_may_be_awaited(
    cell: str, candidates: Candidates, rubric: Rubric, tmp_path: Path
) -> None:
    path = made(tmp_path, {"return 0.5 *": "return HALF *"}, [cell])
    assert lost(path, candidates, rubric, "kl") == []
