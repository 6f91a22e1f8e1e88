"""A check is as hospitable as a training step: what works there does so in a candidate."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from grader.examiner.client import Candidates
from tests.candidate.asking import CALLS, failures

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="student code is confined on Linux")

LEFT_IN_METHODS = {
    "an optimiser and a schedule": """
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.opt = torch.optim.AdamW(self.parameters(), lr=0.0)
        self.schedule = torch.optim.lr_scheduler.CosineAnnealingLR(self.opt, 10)
    def elbo(self, x):
        self.opt.zero_grad()
        self.opt.step()
        self.schedule.step()
        return super().elbo(x)
""",
    "checkpoints of both kinds": """
from torch.utils.checkpoint import checkpoint
class VAE(Honest):
    def decoder(self, z):
        return checkpoint(super().decoder, z, use_reentrant=True)
    def encoder(self, x):
        return checkpoint(super().encoder, x, use_reentrant=False)
""",
    "files in folders of Colab and Kaggle, and for temporary ones": """
import os
from pathlib import Path
class VAE(Honest):
    def elbo(self, x):
        assert not Path('/kaggle/working/log.txt').exists()
        with open('/kaggle/working/log.txt', 'a') as log:
            log.write('elbo')
        assert os.path.getsize('/kaggle/working/log.txt') == 4
        torch.save(x, '/content/drive/MyDrive/x.pt')
        assert torch.equal(torch.load('/content/drive/MyDrive/x.pt'), x)
        np.save('/tmp/x.npy', x.detach().numpy())
        os.makedirs('/tmp/new/inner')
        os.remove('/kaggle/working/log.txt')
        os.rmdir('/tmp/new/inner')
        os.rmdir('/tmp/new')
        return super().elbo(x)
""",
    "files that are copied, marked, linked, packed and moved": """
import os, shelve, shutil, tarfile
from pathlib import Path
class VAE(Honest):
    def elbo(self, x):
        Path('a').mkdir()
        Path('a/x.txt').touch()
        shutil.copy('a/x.txt', 'y.txt')
        shutil.copy2('a/x.txt', 'z.txt')
        shutil.copytree('a', 'b')
        shutil.move('b', 'c')
        Path('c/x.txt').chmod(0o600)
        with open('c/x.txt') as file:
            os.fchmod(file.fileno(), 0o600)
        os.utime('c/x.txt', (0, 0))
        os.symlink('x.txt', 'c/latest.txt')
        assert os.access('c/latest.txt', os.W_OK) and os.access(os.path.abspath('c'), os.W_OK)
        shutil.unpack_archive(shutil.make_archive('c', 'gztar', 'c'), 'd')
        with shelve.open('kept') as kept:
            kept['x'] = 1
        assert sorted(os.listdir('d')) == ['latest.txt', 'x.txt']
        return super().elbo(x)
""",
    "derivatives as functions": """
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        mean = torch.func.grad(lambda m: (m**2).sum() / 2)(mu)
        torch.func.hessian(lambda m: (m**2).sum())(mu[0])
        terms = lambda m, s: 0.5 * (torch.exp(2 * s) + m**2 - 1 - 2 * s).sum()
        return torch.func.vmap(terms)(mean, logsigma)
""",
    "a profiler": """
class VAE(Honest):
    def elbo(self, x):
        with torch.profiler.profile() as profile, torch.profiler.record_function('elbo'):
            values = super().elbo(x)
        profile.key_averages().table(sort_by='cpu_time_total')
        profile.export_chrome_trace('trace.json')
        return values
""",
    "torch.compiler and torch._dynamo": """
torch._dynamo.config.suppress_errors = True
class VAE(Honest):
    @torch.compiler.disable
    def elbo(self, x):
        torch._dynamo.graph_break()
        return super().elbo(x)
    @torch.compiler.disable(recursive=False)
    def encoder(self, x):
        assert not torch.compiler.is_compiling()
        return super().encoder(x)
""",
    "torch.compile in every form": """
compiled = torch.compile(backend='eager')
@torch.compile(mode='max-autotune')
def divergence(mu, logsigma):
    return 0.5 * (torch.exp(2 * logsigma) + mu**2 - 1 - 2 * logsigma).sum(1)
@torch.compile
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.compile(dynamic=True)
        self.linear1 = torch.compile(self.linear1)
        assert self.linear1._orig_mod is self.linear1
        self.sample_with_reparam = torch.compile(self.sample_with_reparam)
    @torch.compile
    def elbo(self, x):
        return super(VAE, self).elbo(x)
    @compiled
    def encoder(self, x):
        return super(VAE, self).encoder(x)
    @torch._dynamo.optimize('inductor')
    def decoder(self, z):
        return super(VAE, self).decoder(z)
    def kl_divergence(self, mu, logsigma):
        return divergence(mu, logsigma)
VAE.sample = torch.compile(VAE.sample)
""",
    "TorchScript": """
from torch.jit import script
@torch.jit.script
def draw(mu, logsigma):
    return mu + torch.exp(logsigma) * torch.randn_like(mu)
def _divergence(mu, logsigma):
    return 0.5 * (torch.exp(2 * logsigma) + mu**2 - 1 - 2 * logsigma).sum(1)
divergence = torch.jit.trace(_divergence, (torch.ones(2, 3), torch.ones(2, 3)))
class Layer(torch.jit.ScriptModule):
    def __init__(self, inner):
        super().__init__()
        self.inner = inner
    @torch.jit.script_method
    def forward(self, x):
        return self.inner(x) * torch.ones_like(x)
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.last = torch.jit.freeze(torch.jit.script(nn.Sequential(self.linear4, nn.Sigmoid())))
        self.layer = Layer(nn.Identity())
    def decoder(self, z):
        return self.last(F.relu(self.linear3(self.layer(z))))
    def sample_with_reparam(self, mu, logsigma):
        return draw(mu, logsigma)
    def kl_divergence(self, mu, logsigma):
        return script(divergence)(mu, logsigma)
""",
    "autocast on any device": """
class VAE(Honest):
    def elbo(self, x):
        with torch.autocast(device_type=x.device.type, dtype=torch.bfloat16):
            return super().elbo(x)
    @torch.autocast('cpu')
    def encoder(self, x):
        return super().encoder(x)
    @torch.autocast('cuda', torch.float16)
    def decoder(self, z):
        with torch.amp.autocast('cuda'), torch.cpu.amp.autocast(), torch.autocast('mps'):
            return super().decoder(z)
""",
    "graphs behind the arguments": """
class VAE(Honest):
    def sample_with_reparam(self, mu, logsigma):
        assert mu.requires_grad and not mu.is_leaf
        mu.retain_grad()
        logsigma.register_hook(lambda gradient: gradient)
        z = super().sample_with_reparam(mu, logsigma)
        z.retain_grad()
        return z
    def kl_divergence(self, mu, logsigma):
        assert mu.grad_fn is not None and logsigma.grad_fn is not None
        return super().kl_divergence(mu, logsigma)
    def decoder(self, z):
        if self.training and not z.requires_grad:
            print('from sample')
        theta = super().decoder(z)
        theta.retain_grad()
        return theta
    def encoder(self, x):
        assert not x.requires_grad
        return super().encoder(x)
""",
    "methods that bear no graph": """
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        mu.data.add_(0)
        logsigma.mul_(1)
        return super().kl_divergence(mu, logsigma)
    def sample_with_reparam(self, mu, logsigma):
        noise = torch.from_numpy(np.random.randn(*mu.data.numpy().shape))
        return mu + torch.exp(logsigma) * noise.to(mu)
""",
    "threads": """
from concurrent.futures import ThreadPoolExecutor
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        torch.set_num_threads(2)
        torch.set_num_interop_threads(2)
    def elbo(self, x):
        with ThreadPoolExecutor(2) as pool:
            return pool.submit(super().elbo, x).result()
""",
    "float64 from the notebook's top": """
torch.set_default_dtype(torch.float64)
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        assert mu.dtype == torch.float64 == torch.ones(1).dtype
        return super().kl_divergence(mu, logsigma)
""",
    "logs and checkpoints": """
import getpass, logging, os, shutil, sqlite3, tempfile
from pathlib import Path
logging.basicConfig(filename='train.log')
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        self.log = open(Path.home() / 'log.txt', 'w')
        os.makedirs('checkpoints/old')
    def elbo(self, x):
        logging.warning(getpass.getuser())
        self.log.write('elbo')
        torch.save(self.state_dict(), 'checkpoints/vae.pt')
        self.load_state_dict(torch.load('checkpoints/vae.pt'))
        shutil.copy2('checkpoints/vae.pt', 'best.pt')
        shutil.copytree('checkpoints', 'all')
        os.replace('best.pt', 'vae.pt')
        shutil.rmtree('all')
        with tempfile.TemporaryDirectory() as folder, tempfile.NamedTemporaryFile() as file:
            file.write(b'1')
            np.save(Path(folder) / 'x.npy', x.numpy())
        sqlite3.connect('db').execute('create table t (a)')
        return super().elbo(x)
""",
    "another folder to work in": """
import os
class VAE(Honest):
    def __init__(self, *sizes):
        super().__init__(*sizes)
        os.mkdir('run1')
        os.chdir('run1')
    def elbo(self, x):
        assert os.listdir('..')
        open('trace.txt', 'a').write('elbo')
        return super().elbo(x)
""",
}


@pytest.fixture(scope="module")
def candidates() -> Iterator[Candidates]:
    with Candidates() as candidates:
        yield candidates


@pytest.mark.parametrize("habit", LEFT_IN_METHODS)
def test_a_habit_of_training_does_no_harm(
    habit: str, candidates: Candidates, tmp_path: Path
) -> None:
    assert failures(candidates, LEFT_IN_METHODS[habit], tmp_path) == []


def test_garbage_is_collected(candidates: Candidates, tmp_path: Path) -> None:
    source = """
import gc
class VAE(Honest):
    def __init__(self, *sizes):
        assert gc.isenabled()
        super().__init__(*sizes)
"""
    assert failures(candidates, source, tmp_path) == []


def test_what_torch_imports_late_is_imported_once_for_all(tmp_path: Path) -> None:
    source = """
import sys
class VAE(Honest):
    def __init__(self, *sizes):
        assert 'torch._dynamo.eval_frame' in sys.modules, 'not yet'
        super().__init__(*sizes)
"""
    with Candidates() as candidates:
        assert {f.text for f in failures(candidates, source, tmp_path)} == {"not yet"}
        for habit in ("an optimiser and a schedule", "torch.compiler and torch._dynamo"):
            assert failures(candidates, LEFT_IN_METHODS[habit], tmp_path) == []
        assert failures(candidates, source, tmp_path) == []


def test_what_a_notebook_has_imported_is_imported_once_for_all(tmp_path: Path) -> None:
    asks = """
import sys
class VAE(Honest):
    def __init__(self, *sizes):
        assert 'pandas' in sys.modules, 'not yet'
        super().__init__(*sizes)
"""
    imports = "class VAE(Honest):\n    import pandas, seaborn\n"
    stands_in = "import sys\nclass VAE(Honest):\n    sys.modules['pandas'] = object()\n"
    with Candidates() as candidates:
        assert failures(candidates, stands_in, tmp_path) == []
        assert {f.text for f in failures(candidates, asks, tmp_path)} == {"not yet"}
        assert failures(candidates, imports, tmp_path) == []
        assert failures(candidates, asks, tmp_path) == []


def test_numbers_are_judged_of_a_method_that_a_graph_is_too_much_for(
    candidates: Candidates, tmp_path: Path
) -> None:
    source = """
class VAE(Honest):
    def sample_with_reparam(self, mu, logsigma):
        return torch.from_numpy(np.random.normal(mu, np.exp(logsigma.numpy())))
"""
    (draw,) = (call for call in CALLS if call.method == "sample_with_reparam")
    assert failures(candidates, source, tmp_path, (draw,)) == []


def test_the_first_error_is_told_of_a_method_that_fails_with_and_without_a_graph(
    candidates: Candidates, tmp_path: Path
) -> None:
    source = """
class VAE(Honest):
    def kl_divergence(self, mu, logsigma):
        mu.retain_grad()
        return self.nothing
"""
    told = {failure.text for failure in failures(candidates, source, tmp_path)}
    assert told == {"'VAE' object has no attribute 'nothing'"}
