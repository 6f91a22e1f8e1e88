"""Plots in a kernel: whatever window or format a notebook chooses, they become PNG pictures."""

from __future__ import annotations

import os
from collections.abc import Iterable
from functools import wraps
from pathlib import Path
from typing import Any

INLINE = "module://matplotlib_inline.backend_inline"
_SHARP = frozenset(("retina", "png2x"))
"""Formats that are PNG at twice the resolution."""
_RENAMED = "seaborn-v0_8"
"""What styles are called since matplotlib 3.6 that older notebooks call seaborn."""


def import_plotting() -> None:
    """Import what notebooks import beside torch."""
    # Chosen before matplotlib is imported, as a kernel does it.
    os.environ["MPLBACKEND"] = INLINE
    os.environ["MPLCONFIGDIR"] = str(Path(os.environ["HOME"]) / "matplotlib")
    import matplotlib

    matplotlib.use("agg")
    import matplotlib.pyplot
    import seaborn  # noqa: F401
    import sklearn.manifold  # noqa: F401
    import torchvision.datasets
    import torchvision.transforms  # noqa: F401


def stay_inline() -> None:
    """Have every way to choose a backend or a format end as PNG pictures in the outputs."""
    import IPython.display
    import matplotlib
    import matplotlib.pyplot as plt
    from IPython.core import pylabtools
    from matplotlib.figure import Figure
    from matplotlib_inline import backend_inline

    switch, select = plt.switch_backend, pylabtools.select_figure_formats

    @wraps(switch)
    def switch_backend(newbackend: str) -> None:
        switch(INLINE)

    @wraps(matplotlib.use)
    def use(backend: str, *, force: bool = True) -> None:
        """Do nothing: no window can be opened."""

    @wraps(select)
    def select_figure_formats(shell: Any, formats: str | Iterable[str], **kwargs: Any) -> None:
        chosen = {formats} if isinstance(formats, str) else set(formats)
        for only_of_others in ("quality", "pil_kwargs"):
            kwargs.pop(only_of_others, None)
        select(shell, chosen & _SHARP or {"png"}, **kwargs)

    # Formulas are set by matplotlib, for LaTeX is a program, which can't be started.
    matplotlib.rcParams.validate["text.usetex"] = lambda value: False
    for name in [name for name in plt.style.library if name.startswith(_RENAMED)]:
        plt.style.library.setdefault(name.replace(_RENAMED, "seaborn"), plt.style.library[name])

    show = Figure.show

    @wraps(show)
    def show_any(self: Any, warn: bool = True) -> None:
        if self.canvas.manager is None:  # pictures are closed once shown, windows would stay
            IPython.display.display(self)
        else:
            show(self, warn)

    Figure.show = show_any  # type: ignore[method-assign]
    plt.switch_backend = switch_backend
    matplotlib.use = use
    pylabtools.select_figure_formats = select_figure_formats
    module: Any = backend_inline
    module.select_figure_formats = select_figure_formats
    display: Any = IPython.display
    if not hasattr(display, "set_matplotlib_formats"):  # older releases have it there
        display.set_matplotlib_formats = backend_inline.set_matplotlib_formats


def encode_quickly() -> None:
    """Have plots become PNG files with little compression: reports encode them anew anyway."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    print_png = FigureCanvasAgg.print_png

    @wraps(print_png)
    def quickly(self: Any, *args: Any, pil_kwargs: Any = None, **kwargs: Any) -> None:
        print_png(self, *args, pil_kwargs={"compress_level": 1, **(pil_kwargs or {})}, **kwargs)

    FigureCanvasAgg.print_png = quickly  # type: ignore[method-assign]
