"""What the surroundings of the grader lack never fails a notebook that is right elsewhere."""

from __future__ import annotations

import base64
import importlib.util
import io

import ipykernel
import nbformat
import pytest
from PIL import Image

from grader.examiner.notebook_run import RunOutcome
from grader.report.pictures import pictures_of
from tests.examiner.conftest import Run, solved_cells

PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2])\nplt.show()"


def text(outcome: RunOutcome) -> str:
    """All that the cells printed."""
    assert outcome.executed is not None
    cells = nbformat.reads(outcome.executed, as_version=4).cells
    return "".join(out.get("text", "") for cell in cells for out in cell.get("outputs", ()))


def silent(outcome: RunOutcome, words: str) -> list[int]:
    """The cells, from 1, that did not print these words."""
    cells = nbformat.reads(outcome.executed or "", as_version=4).cells
    texts = ["".join(out.get("text", "") for out in cell.outputs) for cell in cells]
    return [number for number, said in enumerate(texts, 1) if words not in said]


def completed(outcome: RunOutcome) -> str:
    assert outcome.run.status == "completed", outcome.run
    said = text(outcome)
    assert "/tmp/" not in said  # where the run's own folder lies
    return said


BACKENDS = {
    "notebook": "%matplotlib notebook",
    "widget": "%matplotlib widget",
    "ipympl": "%matplotlib ipympl\nimport ipympl",
    "qt": "%matplotlib qt",
    "tk": "%matplotlib tk",
    "nothing": "%matplotlib",
    "gui": "%gui qt5",
    "pylab": "%pylab notebook",
    "use tk": "import matplotlib\nmatplotlib.use('TkAgg')",
    "use qt, not forced": "import matplotlib as mpl\nmpl.use('Qt5Agg', force=False)",
    "use agg": "import matplotlib\nmatplotlib.use('agg')",
    "use ipympl": "import matplotlib\nmatplotlib.use('module://ipympl.backend_nbagg')",
    "switch": "import matplotlib.pyplot as plt\nplt.switch_backend('MacOSX')",
    "parameter": "import matplotlib as mpl\nmpl.rcParams['backend'] = 'TkAgg'",
    "svg": "%config InlineBackend.figure_format = 'svg'",
    "sets": "%config InlineBackend.figure_formats = {'pdf', 'svg'}",
    "jpeg": "%config InlineBackend.figure_format = 'jpeg'",
    "retina": "%config InlineBackend.figure_format = 'retina'",
    "function": "import matplotlib_inline.backend_inline as b\nb.set_matplotlib_formats('svg')",
    "old function": "from IPython.display import set_matplotlib_formats as f\nf('pdf', 'svg')",
    "quality": "import matplotlib_inline.backend_inline as b\n"
    "b.set_matplotlib_formats('jpg', pil_kwargs={'quality': 90})",
    "shell": "get_ipython().run_line_magic('matplotlib', 'osx')",
}


def test_every_way_to_plot_ends_as_pictures(run: Run) -> None:
    outcome = run(*(cell for choice in BACKENDS.values() for cell in (choice, PLOT)))
    completed(outcome)
    found = {picture.cell for picture in pictures_of(outcome.executed or "")}
    missing = [name for n, name in enumerate(BACKENDS, 1) if 2 * n not in found]
    assert not missing


def test_interactive_plots_and_windows_are_passed_over(run: Run) -> None:
    completed(
        run(
            "%matplotlib notebook\nimport matplotlib.pyplot as plt\nplt.ion()",
            "fig, ax = plt.subplots()\nfor n in range(3):\n    ax.plot([n])\n"
            "    fig.canvas.draw(); fig.canvas.flush_events(); plt.pause(0.001)\n"
            "fig.show(); plt.show(block=True)",
        )
    )


def test_pictures_of_other_formats_are_shown(run: Run) -> None:
    outcome = run(
        "from PIL import Image\nimage = Image.new('RGB', (20, 10), 'red')\n"
        "for kind in ('png', 'jpeg', 'gif', 'webp'):\n    image.save('a.' + kind)",
        *(f"from IPython.display import Image as I\nI('a.{k}')" for k in ("png", "jpeg", "gif")),
    )
    completed(outcome)
    pictures = pictures_of(outcome.executed or "")
    assert [(p.cell, p.width, p.height) for p in pictures] == [(n, 20, 10) for n in (2, 3, 4)]
    for picture in pictures:
        data = base64.b64decode(picture.uri.split(",")[1])
        assert Image.open(io.BytesIO(data)).format == "PNG"


FOLDERS = (
    *("%cd .", "%cd ..", "%cd nowhere", "%cd /content/drive/MyDrive/vae", "%cd ~", "%cd /"),
    *("%pushd .\n%popd", "%pushd nowhere", "%cd -q /kaggle/working", "%mkdir new", "%ls"),
    "import os\nos.chdir('/content/drive/My Drive')",
    "import os\nos.chdir('C:/Users/ada/vae')",
    "import os\nos.makedirs('own'); os.chdir('own'); assert os.getcwd().endswith('own')",
    "%bookmark here\n%cd -b here",
    "x = 1\n%store x\n%store -r x",
    "import sys\nsys.path.append('/content/drive/MyDrive')",
)


def test_folders_that_are_not_there_are_passed_over(run: Run) -> None:
    after = "import vae_utils\nopen('x', 'w').write('y')\nos.chdir(START)"
    cells = (cell for folder in FOLDERS for cell in (folder, after))
    completed(run("import os\nSTART = os.getcwd()", *cells))


def test_what_is_kept_in_folders_of_colab_and_kaggle_is_found_again(run: Run) -> None:
    outcome = run(
        "import os, torch, numpy as np, pathlib\n"
        "os.makedirs('/content/drive/MyDrive/vae/runs', exist_ok=True)",
        "torch.save({'a': 1}, '/content/drive/MyDrive/vae/model.pt')\n"
        "assert torch.load('/content/drive/MyDrive/vae/model.pt') == {'a': 1}\n"
        "assert os.path.exists('/content/drive/MyDrive/vae/model.pt')",
        "np.save('/kaggle/working/a.npy', np.ones(2)); assert np.load('/kaggle/working/a.npy')[0]",
        "with open('/content/log.txt', 'w') as file:\n    file.write('x')\n"
        "assert open('log.txt').read() == 'x' and '/content' not in os.listdir('/content')",
        "import matplotlib.pyplot as plt\nplt.plot([1]); plt.savefig('/content/plots/a.png')\n"
        "assert pathlib.Path('/content/plots/a.png').stat().st_size > 100",
        "for folder, _, files in os.walk('/kaggle/input'):\n    print(folder, files)",
        "p = pathlib.Path('/kaggle/working/deep/er')\np.mkdir(parents=True, exist_ok=True)\n"
        "(p / 'f').write_text('z'); assert (p / 'f').exists()",
        "os.rename('/content/log.txt', '/content/new.txt'); os.remove('/content/new.txt')",
        "with open('/tmp/log.txt', 'w') as file:\n    file.write('x')\n"
        "assert os.path.exists('log.txt')",
        "import shutil, sqlite3, shelve\nshutil.copytree('/tmp/deep', '/content/copy')\n"
        "shutil.make_archive('/tmp/packed', 'gztar', '/content/copy')\n"
        "shutil.unpack_archive('/content/packed.tar.gz', '/kaggle/working/unpacked')\n"
        "np.savetxt('/content/losses.txt', np.ones(3)); assert np.loadtxt('losses.txt')[0]\n"
        "sqlite3.connect('/content/runs.db').execute('create table runs (loss)')\n"
        "shelve.open('/tmp/kept')['a'] = 1\n"
        "assert os.access('/content/losses.txt', os.W_OK)",
    )
    completed(outcome)


def test_old_styles_latex_and_work_in_parallel_go_on(run: Run) -> None:
    outcome = run(
        "import matplotlib.pyplot as plt\nplt.style.use('seaborn')\n"
        "plt.style.use('seaborn-whitegrid')",
        "plt.rcParams['text.usetex'] = True\nplt.title(r'$\\beta$')\nplt.savefig('a.png')",
        "from joblib import Parallel, delayed\n"
        "assert Parallel(n_jobs=4)(delayed(abs)(i) for i in range(-2, 0)) == [2, 1]",
        "import torch\nwith torch.cuda.stream(torch.cuda.Stream()):\n    x = torch.ones(2).cuda()\n"
        "torch.cuda.current_stream().synchronize()\ntorch.save(x, 'x.pt')\n"
        "torch.load('x.pt', map_location=lambda storage, place: storage.cuda(0))",
    )
    completed(outcome)


def test_an_exception_in_showing_a_value_is_told_by_its_name(run: Run) -> None:
    """A kernel before ipykernel 7 goes on where a value can't be shown."""
    outcome = run("from IPython.display import Image\nImage('digit.png')").run
    if ipykernel.version_info < (7,):
        assert (outcome.status, outcome.error) == ("completed", None)
        return
    assert outcome.error == "FileNotFoundError: No such file or directory: 'digit.png'"
    assert "no file but `vae_utils.py`" in outcome.notes[0]


MODULES = (
    "from google.colab import drive\ndrive.mount('/content/drive', force_remount=True)",
    "from google.colab import files\nfor name in files.upload().keys():\n    1 / 0\n"
    "files.download('model.pt')",
    "from google.colab import output\noutput.clear()\nwith output.use_tags('x'):\n    1",
    "from google.colab.patches import cv2_imshow\ncv2_imshow(3)",
    "from google.colab import userdata\nkey = userdata.get('KEY')",
    "import google.colab.drive\ngoogle.colab.drive.flush_and_unmount()",
    "from kaggle_secrets import UserSecretsClient\nUserSecretsClient().get_secret('x')",
)


def test_modules_of_other_places_are_passed_over(run: Run) -> None:
    outcome = run(*MODULES)
    completed(outcome)
    assert silent(outcome, "was passed over") == []


def test_a_notebook_that_asks_where_it_is_is_told(run: Run) -> None:
    outcome = run(
        "try:\n    import google.colab\n    IN_COLAB = True\nexcept ImportError:\n"
        "    IN_COLAB = False\nassert not IN_COLAB",
        "def in_colab():\n    try:\n        from google.colab import drive\n"
        "    except Exception:\n        return False\n    return True\nassert not in_colab()",
        "import sys\nassert 'google.colab' not in sys.modules",
        "import importlib.util\nassert importlib.util.find_spec('kaggle_secrets') is None",
        "assert 'google.colab' not in str(get_ipython())",
    )
    completed(outcome)


@pytest.mark.skipif(importlib.util.find_spec("tqdm") is None, reason="tqdm is not installed")
def test_progress_bars(run: Run) -> None:
    outcome = run(
        "from tqdm import tqdm, trange\nfrom tqdm.notebook import tqdm as bars, trange as range_\n"
        "from tqdm.auto import tqdm as auto",
        "for bar in (tqdm, bars, auto):\n    with bar(range(3), desc='x') as b:\n"
        "        for _ in b:\n            b.set_postfix(loss=1.0)",
        "assert list(trange(2)) == list(range_(2)) == [0, 1]\n"
        "import tqdm.notebook\ntqdm.notebook.tqdm.write('x')",
    )
    completed(outcome)


PROGRAMS = (
    "import subprocess\nr = subprocess.run(['nvidia-smi'], capture_output=True, text=True)\n"
    "assert r.stdout == '' and r.returncode == 0",
    "import subprocess\nassert subprocess.check_output('nvidia-smi', shell=True) == b''",
    "import subprocess\nassert subprocess.check_call(['pip', 'install', 'x']) == 0",
    "import subprocess, sys\nsubprocess.call([sys.executable, '-m', 'pip', 'install', 'x'])",
    "import subprocess\nwith subprocess.Popen('ls', stdout=subprocess.PIPE) as p:\n"
    "    out, err = p.communicate(); assert out == b'' and err is None and p.poll() == 0",
    "import subprocess\nassert subprocess.getoutput('nvidia-smi') == ''",
    "import os\nassert os.system('nvidia-smi') == 0",
    "import os\nassert os.popen('nvidia-smi').read() == ''",
    "!nvidia-smi",
    "%%shell\nnvidia-smi",
    "%%bash\nnvidia-smi",
    "%shell ls\n%conda install x\n%tensorflow_version 2.x",
    "out = !nvidia-smi\nprint(out)",
    "%load_ext tensorboard\n%tensorboard --logdir runs",
    "%load_ext nb_black",
    "%load_ext memory_profiler\n%memit 1",
    "%load_ext line_profiler\n%%lprun_no -f x",
)


def test_programs_and_extensions_are_passed_over(run: Run) -> None:
    outcome = run(*PROGRAMS)
    completed(outcome)
    assert silent(outcome, "passed over") == []


def test_a_magic_that_nobody_knows_still_fails(run: Run) -> None:
    assert run("%matplotlb inline").run.status == "failed"


def test_loaders_and_models_on_any_device(run: Run) -> None:
    outcome = run(
        solved_cells()[0],
        "for device in ('mps', 'xpu', 'cuda:0', 'hpu', 'npu', torch.device('mps')):\n"
        "    data = datasets.MNIST('data', transform=transforms.ToTensor())\n"
        "    loader = torch.utils.data.DataLoader(\n"
        "        data, 128, True, generator=torch.Generator(device='cpu'), num_workers=2,\n"
        "        pin_memory=True, pin_memory_device=str(device), persistent_workers=True)\n"
        "    model = nn.Linear(784, 3).to(device)\n"
        "    for x, y in loader:\n"
        "        model(x.flatten(1).to(device, non_blocking=True)).sum().backward()",
        "g = torch.Generator(device='mps'); g.manual_seed(0); torch.mps.empty_cache()\n"
        "loader = torch.utils.data.DataLoader(data, 128, True, generator=g); next(iter(loader))",
    )
    completed(outcome)


def test_a_gpu_that_is_taken_for_granted_answers(run: Run) -> None:
    outcome = run(
        "import torch\nprint(torch.cuda.get_device_name(0), torch.cuda.get_device_name())\n"
        "print(torch.cuda.memory_allocated() / 1e6, torch.cuda.max_memory_allocated('cuda'))\n"
        "print(torch.cuda.get_device_properties(0).total_memory, torch.cuda.mem_get_info())",
        "torch.cuda.reset_peak_memory_stats(); torch.cuda.synchronize(); torch.cuda.empty_cache()\n"
        "torch.backends.cudnn.benchmark = True; torch.cuda.manual_seed_all(0)",
        "a, b = (torch.cuda.Event(enable_timing=True) for _ in range(2))\n"
        "a.record(); b.record(); torch.cuda.synchronize(); assert a.elapsed_time(b) >= 0",
        "assert not torch.cuda.is_available() and torch.cuda.device_count() == 0",
    )
    completed(outcome)


COMPILED = (
    "vae.elbo = torch.compile(vae.elbo)",
    "vae = torch.compile(vae, mode='reduce-overhead'); torch.save(vae._orig_mod.state_dict(), 'a')",
    "vae.compile(fullgraph=True)",
    "import torch._dynamo\ntorch._dynamo.config.suppress_errors = True\nvae = torch.compile(vae)",
    "@torch.compile(dynamic=False)\ndef step(x):\n    return -vae.elbo(x).mean()\n"
    "step(torch.rand(2, 784)).backward()",
    "from torch import compile\nvae.encoder = compile(vae.encoder, backend='eager')",
    "torch.compiler.reset(); vae.decoder = torch.compiler.compile(vae.decoder)",
)


def test_what_is_compiled_is_the_function_itself(run: Run) -> None:
    imports, loaders, _, vae, model, *_ = solved_cells()
    use = "vae.elbo(torch.rand(2, 784)).mean().backward(); vae.sample(2)"
    cells = (cell for compiled in COMPILED for cell in (model, compiled, use))
    completed(run(imports, loaders, vae, *cells))
