"""The pieces that right solutions are made of; ``solutions.py`` says how to read them."""

from __future__ import annotations

Grammar = dict[str, tuple[str, ...]]

NAMES: dict[str, tuple[str, ...]] = {
    "h": ("hidden", "hid", "a1", "features"),
    "m": ("mean", "mu_z", "loc"),
    "s": ("log_std", "logsig", "ls"),
    "e": ("noise", "epsilon", "rnd"),
    "z": ("latent", "code", "zs"),
    "t": ("theta", "probs", "px"),
    "k": ("kl", "divergence", "kld"),
    "r": ("rec", "log_px", "loglik"),
    "n": ("num", "rows", "B"),
    "out": ("result", "answer", "res"),
}

_CHATTER = (
    "pass",
    "# nothing special here",
    "print('shape so far')",
    "assert self.latent_dim > 0",
    "'a string that does nothing'",
)

_RELU = (
    "F.relu(<before>)",
    "torch.relu(<before>)",
    "nn.ReLU()(<before>)",
    "nn.functional.relu(<before>, inplace=True)",
    "(<before>).clamp(min=0)",
    "torch.clamp(<before>, min=0.0)",
    "torch.clamp_min(<before>, 0)",
    "(<before>).relu_()",
    "F.threshold(<before>, 0.0, 0.0)",
    "F.leaky_relu(<before>, negative_slope=0.0)",
    "F.hardtanh(<before>, 0.0, 1e9)",
)


def _layer(name: str, given: str) -> tuple[str, ...]:
    """Ways to put something through a linear layer."""
    return (
        f"self.{name}({given})",
        f"self.{name}.forward({given})",
        f"self.{name}(input={given})",
        f"F.linear({given}, self.{name}.weight, self.{name}.bias)",
        f"({given} @ self.{name}.weight.t() + self.{name}.bias)",
        f"torch.addmm(self.{name}.bias, {given}, self.{name}.weight.T)",
        f"(torch.einsum('bi,oi->bo', {given}, self.{name}.weight) + self.{name}.bias)",
        f"(torch.matmul({given}, self.{name}.weight.transpose(0, 1)) + self.{name}.bias)",
        f"getattr(self, '{name}')({given})",
        f"self._modules['{name}']({given})",
        f"F.linear(input={given}, weight=self.{name}.weight, bias=self.{name}.bias)",
    )


def _hidden(layer: str, given: str, helper: str) -> Grammar:
    """Ways to compute the hidden layer into ``{h}``."""
    return {
        "before": _layer(layer, given),
        "relu": _RELU,
        "chatter": _CHATTER,
        "hidden": (
            "{h} = <relu>",
            "<chatter>\n{h} = <relu>",
            "{h} = <before>\n{h} = F.relu({h})",
            "{h} = <before>\n{h} = torch.where({h} > 0, {h}, torch.zeros_like({h}))",
            "{h} = <before>\n{h} = torch.maximum({h}, torch.zeros_like({h}))",
            "{h} = <before>\n{h} = {h} * ({h} > 0).to({h}.dtype)",
            "{h} = <before>\n{h} = {h}.masked_fill({h} < 0, 0.0)",
            "{h} = <before>\n{h} = ({h} + {h}.abs()) / 2",
            "{h} = <before>\n{h}.relu_()",
            "{h} = <before>\ntorch.nn.functional.relu_({h})",
            "rectify = nn.ReLU(inplace=True)\n{h} = rectify(<before>)",
            "rectify = lambda a: a.clamp(min=0)\n{h} = rectify(<before>)",
            f"{{h}} = torch.stack([F.relu(<one>) for row in {given}])",
            f"parts = []\nfor row in {given}:\n    parts.append(torch.relu(<one>))\n"
            "{h} = torch.stack(parts, dim=0)",
            f"^|def {helper}(a):\n^|    return F.relu(a)\n{{h}} = {helper}(<before>)",
            f"^|{helper}_layer = nn.ReLU()\n{{h}} = {helper}_layer(<before>)",
            f"{{h}} = self.{helper}_in(<before>)\n"
            f"+|def {helper}_in(self, a):\n+|    return torch.relu(a)",
        ),
        "one": (
            f"self.{layer}(row)",
            f"self.{layer}(row.unsqueeze(0)).squeeze(0)",
            f"self.{layer}.weight @ row + self.{layer}.bias",
            f"self.{layer}.weight.mv(row) + self.{layer}.bias",
        ),
    }


ENCODER: Grammar = {
    **_hidden("linear1", "x", "encoder_part"),
    "method": ("def encoder(self, x):\n    <hidden>\n    <heads>",),
    "first": _layer("linear21", "{h}"),
    "second": _layer("linear22", "{h}"),
    "heads": (
        "return <first>, <second>",
        "return (<first>, <second>)",
        "return [<first>, <second>]",
        "{m} = <first>\n{s} = <second>\nreturn {m}, {s}",
        "{s} = <second>\n{m} = <first>\n<chatter>\nreturn {m}, {s}",
        "{m}, {s} = <first>, <second>\nreturn {m}, {s}",
        "{out} = (<first>,)\n{out} += (<second>,)\nreturn {out}",
        "return tuple(layer({h}) for layer in (self.linear21, self.linear22))",
        "{m} = <first>\n{s} = <second>\n{m}, {s} = {m}.view(-1, self.latent_dim), {s} + 0\n"
        "return {m}, {s}",
        "both = F.linear({h}, torch.cat([self.linear21.weight, self.linear22.weight]),\n"
        "                torch.cat([self.linear21.bias, self.linear22.bias]))\n"
        "return both.chunk(2, dim=1)",
    ),
}

_NOISE = {
    "noise": (
        "{e} = <whole>",
        "{e} = -(<whole>)",
        "{e} = (<whole>).double().to({m}.dtype)",
        "{e} = (<whole>).detach()",
        "<chatter>\n{e} = <whole>",
        "with torch.no_grad():\n    {e} = <whole>",
        "{e} = torch.stack([torch.randn(<width>) for _ in range(<height>)]).to({m})",
        "{e} = torch.stack([torch.randn(<height>) for _ in range(<width>)], dim=1).to({m})",
        "{e} = torch.zeros_like({m})\nfor i in range(<height>):\n    {e}[i] = torch.randn(<width>)",
        "{e} = torch.zeros_like({m})\nfor j in range(<width>):\n"
        "    {e}[:, j] = torch.randn(<height>)",
        "{e} = torch.zeros(<height>, <width>)\nfor i in range(<height>):\n"
        "    for j in range(<width>):\n        {e}[i, j] = np.random.randn()\n{e} = {e}.to({m})",
        "{e} = torch.empty({m}.shape)\n{e}.normal_()\n{e} = {e}.to({m}.dtype)",
        "{e} = torch.randn(3, <height>, <width>)[1].to({m})",
        "{e} = torch.randn(<height> + 5, <width> + 2)[5:, :-2].to({m})",
        "{e} = torch.randn(<width>, <height>).T.to({m})",
        "{e} = torch.randn(<height> * <width>).view(<height>, <width>).to({m})",
        "{e} = (torch.randn_like({m}) + torch.randn_like({m})) / 2 ** 0.5",
        "{e} = (0.6 * torch.randn_like({m}) - 0.8 * torch.randn_like({m}))",
        "u1, u2 = 1 - torch.rand_like({m}), torch.rand_like({m})\n"
        "{e} = torch.sqrt(-2 * u1.log()) * torch.sin(2 * np.pi * u2)",
        "u = torch.rand({m}.shape, dtype=torch.float64).clamp(1e-12, 1 - 1e-12)\n"
        "{e} = (2 ** 0.5 * torch.erfinv(2 * u - 1)).to({m}.dtype)",
        "source = torch.Generator()\nsource.seed()\n"
        "{e} = torch.randn({m}.shape, generator=source).to({m})",
        "source = np.random.default_rng()\n"
        "{e} = torch.from_numpy(source.normal(size=tuple({m}.shape))).to({m})",
        "{e} = torch.as_tensor(np.random.normal(0, 1, (<height>, <width>)), dtype={m}.dtype)",
    ),
    "whole": (
        "torch.randn_like({m})",
        "torch.randn({m}.shape).to({m}.device, {m}.dtype)",
        "torch.randn({m}.size(), device={m}.device, dtype={m}.dtype)",
        "torch.randn(<height>, <width>, dtype={m}.dtype)",
        "torch.randn(*{m}.shape).type_as({m})",
        "torch.empty_like({m}).normal_()",
        "torch.zeros_like({m}).normal_(mean=0.0, std=1.0)",
        "{m}.new_empty({m}.shape).normal_()",
        "torch.normal(0.0, 1.0, size={m}.shape).to({m})",
        "torch.normal(torch.zeros_like({m}), torch.ones_like({m}))",
        "torch.normal(mean=torch.zeros({m}.shape), std=1.0).to({m})",
        "torch.from_numpy(np.random.randn(<height>, <width>)).to({m})",
        "torch.tensor(np.random.standard_normal({m}.shape), dtype={m}.dtype)",
        "nn.init.normal_(torch.empty({m}.shape, dtype={m}.dtype))",
    ),
    "height": ("{m}.shape[0]", "{m}.size(0)", "len({m})"),
    "width": ("{m}.shape[1]", "{m}.size(-1)", "self.latent_dim"),
    "chatter": _CHATTER,
}

REPARAM: Grammar = {
    **_NOISE,
    "method": (
        "def sample_with_reparam(self, mu, logsigma):\n"
        "    {m}, {s} = mu, logsigma\n    <noise>\n    <moved>",
        "def sample_with_reparam(self, mu, logsigma):\n"
        "    {m} = mu\n    <noise>\n    {s} = logsigma\n    <moved>",
    ),
    "moved": (
        "return {m} + <scaled>",
        "return <scaled> + {m}",
        "return {m} - <scaled>",
        "{out} = <scaled>\n{out} = {out} + {m}\nreturn {out}",
        "{out} = <scaled>\n{out} += {m}\nreturn {out}",
        "return torch.add({m}, <scaled>)",
        "return torch.addcmul({m}, <scale>, {e})",
        "return torch.addcmul({m}, {e}, <scale>, value=-1)",
        "return torch.stack([a + b * c for a, b, c in zip({m}, <scale>, {e})])",
        "std = <scale>\nreturn torch.stack([{m}[:, j] + std[:, j] * {e}[:, j]\n"
        "                    for j in range({m}.shape[1])], dim=1)",
        "return (torch.diag_embed(<scale>) @ {e}.unsqueeze(-1)).squeeze(-1) + {m}",
        "return torch.lerp({m}, {m} + {e}, <scale>)",
        "<chatter>\n{z} = {m} + <scaled>\nreturn {z}",
    ),
    "scaled": (
        "<scale> * {e}",
        "{e} * <scale>",
        "torch.mul(<scale>, {e})",
        "{e}.mul(<scale>)",
        "torch.einsum('bl,bl->bl', <scale>, {e})",
    ),
    "scale": (
        "torch.exp({s})",
        "{s}.exp()",
        "(2 * {s}).exp().sqrt()",
        "torch.exp({s} * 2) ** 0.5",
        "torch.exp(0.5 * (2 * {s}))",
        "torch.pow(torch.full_like({s}, np.e), {s})",
        "np.e ** {s}",
        "(1 / torch.exp(-{s}))",
        "(torch.expm1({s}) + 1)",
        "torch.exp2({s} / np.log(2))",
    ),
}

DECODER: Grammar = {
    **_hidden("linear3", "z", "decoder_part"),
    "method": ("def decoder(self, z):\n    <hidden>\n    <end>",),
    "logits": _layer("linear4", "{h}"),
    "end": (
        "return <squashed>",
        "{t} = <squashed>\nreturn {t}",
        "{out} = <logits>\n{out} = torch.sigmoid({out})\nreturn {out}",
        "{out} = <logits>\nreturn {out}.sigmoid_()",
        "{out} = <logits>\n<chatter>\nreturn 1 - torch.sigmoid(-{out})",
        "squash = nn.Sigmoid()\nreturn squash(<logits>)",
        "return torch.stack([torch.sigmoid(self.linear4(row)) for row in {h}])",
    ),
    "squashed": (
        "torch.sigmoid(<logits>)",
        "F.sigmoid(<logits>)",
        "nn.Sigmoid()(<logits>)",
        "(<logits>).sigmoid()",
        "torch.special.expit(<logits>)",
        "1 / (1 + torch.exp(-(<logits>)))",
        "(1 + torch.exp(-(<logits>))) ** -1",
        "torch.reciprocal(1 + torch.exp(-(<logits>)))",
        "0.5 * (1 + torch.tanh(0.5 * (<logits>)))",
        "torch.exp(F.logsigmoid(<logits>))",
    ),
}

KL: Grammar = {
    "method": (
        "def kl_divergence(self, mu, logsigma):\n    {m}, {s} = mu, logsigma\n    <body>",
        "def kl_divergence(self, mu, logsigma):\n    {s} = logsigma\n    {m} = mu\n    <body>",
    ),
    "chatter": _CHATTER,
    "variance": (
        "torch.exp(2 * {s})",
        "torch.exp({s}) ** 2",
        "{s}.exp().pow(2)",
        "(2 * {s}).exp()",
        "torch.square(torch.exp({s}))",
        "(torch.exp({s}) * torch.exp({s}))",
        "(torch.expm1(2 * {s}) + 1)",
    ),
    "square": ("{m} ** 2", "{m}.pow(2)", "{m} * {m}", "torch.square({m})", "torch.pow({m}, 2)"),
    "terms": (
        "<square> + <variance> - 1 - 2 * {s}",
        "<variance> + <square> - 2 * {s} - 1",
        "-(1 + 2 * {s} - <square> - <variance>)",
        "<square> + <variance> - torch.log(<variance>) - 1",
        "<square> + torch.expm1(2 * {s}) - 2 * {s}",
        "(<square>).sub(1).add(<variance>).sub({s}, alpha=2)",
    ),
    "reduced": (
        "({out}).sum(dim=1)",
        "{out}.sum(-1)",
        "torch.sum({out}, dim=1)",
        "torch.sum({out}, axis=-1)",
        "torch.einsum('bl->b', {out})",
        "({out} @ torch.ones({out}.shape[1], dtype={out}.dtype))",
        "torch.matmul({out}, torch.ones_like({out}[0]))",
        "{out}.mean(dim=1) * {out}.shape[1]",
        "{out}.sum(dim=1, keepdim=True).squeeze(1)",
        "{out}.t().sum(0)",
        "torch.stack([row.sum() for row in {out}])",
        "sum({out}[:, j] for j in range({out}.size(1)))",
        "{out}.cumsum(1)[:, -1]",
        "torch.linalg.vecdot({out}, torch.ones_like({out}))",
        "torch.cat([row.sum().view(1) for row in {out}])",
        "{out}.nansum(1)",
        "torch.bmm({out}.unsqueeze(1), torch.ones_like({out}).unsqueeze(2)).view(-1)",
    ),
    "body": (
        "{out} = 0.5 * (<terms>)\nreturn <reduced>",
        "{out} = (<terms>) / 2\nreturn <reduced>",
        "{out} = <terms>\nreturn 0.5 * <reduced>",
        "{out} = <terms>\n{k} = <reduced>\n<chatter>\nreturn {k} / 2",
        "{out} = torch.zeros_like({m})\n{out} = {out} + <square>\n{out} = {out} + <variance>\n"
        "{out} = {out} - 1 - 2 * {s}\n{out} *= 0.5\nreturn <reduced>",
        "{out} = -{s} + 0.5 * (<variance> + <square>) - 0.5\nreturn <reduced>",
        "{out} = torch.log(1 / torch.exp({s})) + (<variance> + <square>) / 2 - 1 / 2\n"
        "return <reduced>",
        "{n} = {m}.shape[0]\n{k} = []\n{out} = 0.5 * (<terms>)\nfor i in range({n}):\n"
        "    {k}.append({out}[i].sum())\nreturn torch.stack({k})",
        "{k} = torch.zeros({m}.size(0), dtype={m}.dtype)\nfor j in range({m}.size(1)):\n"
        "    {k} = {k} + 0.5 * (<terms>)[:, j]\nreturn {k}",
        "{out} = 0.5 * (<terms>)\n{k} = {out}[:, 0]\nfor j in range(1, {out}.shape[1]):\n"
        "    {k} = {k} + {out}[:, j]\nreturn {k}",
        "traces = (<variance>).sum(1)\ndots = (<square>).sum(1)\nlogdets = 2 * {s}.sum(1)\n"
        "return 0.5 * (traces + dots - self.latent_dim - logdets)",
        "^|def kl_terms(mean, log_std):\n"
        "^|    return 0.5 * (mean ** 2 + torch.exp(2 * log_std) - 1) - log_std\n"
        "{out} = kl_terms({m}, {s})\nreturn <reduced>",
        "return self.kl_rows({m}, {s}).sum(1)\n+|def kl_rows(self, a, b):\n"
        "+|    return 0.5 * (a * a + (2 * b).exp() - 2 * b - 1)",
    ),
}

ELBO: Grammar = {
    "method": (
        "def elbo(self, x):\n    <posterior>\n    <draw>\n    <theta>\n    <likelihood>\n    <end>",
        "def elbo(self, x):\n    <posterior>\n    {k} = <kl>\n    <draw>\n    <theta>\n"
        "    <likelihood>\n    return {r} - {k}",
        "def elbo(self, x):\n    {n} = []\n    for row in x:\n"
        "        {n}.append(self.row_bound(row))\n"
        "    return torch.stack({n})\n"
        "+|def row_bound(self, row):\n+|    mu, logsigma = self.encoder(row.unsqueeze(0))\n"
        "+|    theta = self.decoder(self.sample_with_reparam(mu, logsigma))\n"
        "+|    log_px = -F.binary_cross_entropy(theta[0], row, reduction='sum')\n"
        "+|    return log_px - self.kl_divergence(mu, logsigma)[0]",
    ),
    "chatter": _CHATTER,
    "posterior": (
        "{m}, {s} = self.encoder(x)",
        "{m}, {s} = self.encoder(x=x)",
        "({m}, {s}) = VAE.encoder(self, x)",
        "posterior = self.encoder(x)\n{m}, {s} = posterior[0], posterior[1]",
        "posterior = self.encoder(x)\n<chatter>\n{m} = posterior[0]\n{s} = posterior[1]",
        "hid = F.relu(self.linear1(x))\n{m}, {s} = self.linear21(hid), self.linear22(hid)",
        "hid = self.linear1(x).clamp(min=0)\n{s} = self.linear22(hid)\n{m} = self.linear21(hid)",
    ),
    "draw": (
        "{z} = self.sample_with_reparam({m}, {s})",
        "{z} = self.sample_with_reparam(mu={m}, logsigma={s})",
        "{z} = self.sample_with_reparam(logsigma={s}, mu={m})",
        "{z} = VAE.sample_with_reparam(self, {m}, {s})",
        "{z} = {m} + torch.exp({s}) * torch.randn_like({m})",
        "{z} = torch.addcmul({m}, {s}.exp(), torch.randn({m}.shape).to({m}))",
    ),
    "theta": (
        "{t} = self.decoder({z})",
        "{t} = self.decoder(z={z})",
        "<chatter>\n{t} = self.decoder({z})",
        "{t} = torch.sigmoid(self.linear4(F.relu(self.linear3({z}))))",
        "act = self.linear3({z}).relu()\n{t} = F.sigmoid(self.linear4(act))",
    ),
    "likelihood": (
        "{out} = <pixels>\n{r} = <reduced>",
        "{out} = -(<cost>)\n{r} = <reduced>",
        "{out} = <cost>\n{r} = -(<reduced>)",
        "{r} = -torch.stack([F.binary_cross_entropy(a, b, reduction='sum')\n"
        "                    for a, b in zip({t}, x)])",
        "{r} = torch.einsum('bd,bd->b', x, <on>) + torch.einsum('bd,bd->b', 1 - x, <off>)",
        "{r} = (x * <on>).sum(1) + ((1 - x) * <off>).sum(1)",
        "{out} = torch.zeros_like({t})\n{out}[x == 1] = {t}[x == 1].log()\n"
        "{out}[x == 0] = (1 - {t}[x == 0]).log()\n{r} = <reduced>",
    ),
    "on": (
        "torch.log({t})",
        "{t}.log()",
        "torch.log({t} + 1e-8)",
        "torch.log({t}.clamp(min=1e-7))",
        "torch.log({t}.clamp(1e-6, 1 - 1e-6))",
    ),
    "off": (
        "torch.log(1 - {t})",
        "(1 - {t}).log()",
        "torch.log1p(-{t})",
        "torch.log(1 - {t} + 1e-10)",
        "torch.log((1 - {t}).clamp(min=1e-7))",
    ),
    "pixels": (
        "x * <on> + (1 - x) * <off>",
        "(1 - x) * <off> + x * <on>",
        "torch.where(x == 1, <on>, <off>)",
        "torch.where(x > 0.5, {t}, 1 - {t}).log()",
        "torch.log({t} ** x * (1 - {t}) ** (1 - x))",
        "torch.log(x * {t} + (1 - x) * (1 - {t}))",
        "(1 - torch.abs(x - {t})).log()",
        "torch.xlogy(x, {t}) + torch.xlogy(1 - x, 1 - {t})",
        "x * torch.logit({t}) + <off>",
        "x * ({t} / (1 - {t})).log() + <off>",
    ),
    "cost": (
        "F.binary_cross_entropy({t}, x, reduction='none')",
        "F.binary_cross_entropy(target=x, input={t}, reduction='none')",
        "nn.BCELoss(reduction='none')({t}, x)",
        "nn.BCELoss(reduce=False)({t}, x)",
        "torch.nn.functional.binary_cross_entropy({t}, x, reduction='none')",
        "F.binary_cross_entropy_with_logits(torch.logit({t}), x, reduction='none')",
        "nn.BCEWithLogitsLoss(reduction='none')(torch.log({t} / (1 - {t})), x)",
        "F.softplus(torch.logit({t})) - x * torch.logit({t})",
    ),
    "reduced": (
        "{out}.sum(dim=1)",
        "{out}.sum(-1)",
        "torch.sum({out}, 1)",
        "torch.sum({out}, axis=1)",
        "{out}.mean(1) * {out}.shape[1]",
        "{out}.mean(dim=-1) * x.size(-1)",
        "torch.einsum('bd->b', {out})",
        "{out} @ torch.ones({out}.shape[1], dtype={out}.dtype)",
        "torch.stack([row.sum() for row in {out}])",
        "{out}.view(len(x), -1).sum(1)",
        "{out}.t().sum(dim=0)",
    ),
    "kl": (
        "self.kl_divergence({m}, {s})",
        "self.kl_divergence(mu={m}, logsigma={s})",
        "self.kl_divergence(logsigma={s}, mu={m})",
        "VAE.kl_divergence(self, {m}, {s})",
        "0.5 * ({m} ** 2 + torch.exp(2 * {s}) - 1 - 2 * {s}).sum(1)",
    ),
    "end": (
        "return {r} - <kl>",
        "return -(<kl>) + {r}",
        "return torch.sub({r}, <kl>)",
        "return -(<kl> - {r})",
        "{k} = <kl>\n<chatter>\nreturn {r} - {k}",
        "{out} = {r}\n{out} = {out} - <kl>\nreturn {out}",
        "{out} = {r} - <kl>\nreturn {out}.view(-1)",
        "{out} = torch.stack([{r}, -(<kl>)])\nreturn {out}.sum(0)",
    ),
}

SAMPLE: Grammar = {
    "method": (
        "def sample(self, num_samples):\n    <prior>\n    <theta>\n    <pixels>",
        "def sample(self, num_samples):\n    with torch.no_grad():\n        <prior>\n"
        "        <theta>\n        <pixels>",
        "def sample(self, num_samples):\n    {n} = num_samples\n    <chatter>\n    <prior>\n"
        "    <theta>\n    <pixels>",
        "def sample(self, num_samples):\n    {out} = []\n    for _ in range(num_samples):\n"
        "        one = torch.randn(1, self.latent_dim, dtype=self.linear3.weight.dtype)\n"
        "        {out}.append(torch.bernoulli(self.decoder(one)))\n    return torch.cat({out})",
    ),
    "chatter": _CHATTER,
    "like": ("dtype=self.linear3.weight.dtype", "dtype=next(self.parameters()).dtype"),
    "prior": (
        "{z} = torch.randn(num_samples, self.latent_dim, <like>)",
        "{z} = torch.randn((num_samples, self.latent_dim), <like>)",
        "{z} = -torch.randn(num_samples, self.latent_dim, <like>)",
        "{z} = torch.zeros(num_samples, self.latent_dim, <like>).normal_()",
        "{z} = torch.normal(0.0, 1.0, (num_samples, self.latent_dim), <like>)",
        "{z} = torch.normal(torch.zeros(num_samples, self.latent_dim, <like>), 1.0)",
        "{z} = torch.randn(self.latent_dim, num_samples, <like>).t()",
        "{z} = torch.stack([torch.randn(self.latent_dim, <like>) for _ in range(num_samples)])",
        "{z} = torch.cat([torch.randn(num_samples, 1, <like>)\n"
        "               for _ in range(self.latent_dim)], dim=1)",
        "{z} = torch.empty(num_samples, self.latent_dim, <like>)\nfor i in range(num_samples):\n"
        "    {z}[i].normal_()",
        "{z} = torch.tensor(np.random.randn(num_samples, self.latent_dim), <like>)",
        "source = np.random.default_rng()\n"
        "{z} = torch.tensor(source.normal(size=(num_samples, self.latent_dim)), <like>)",
        "source = torch.Generator()\nsource.seed()\n"
        "{z} = torch.randn(num_samples, self.latent_dim, generator=source, <like>)",
        "{m} = torch.zeros(num_samples, self.latent_dim, <like>)\n"
        "{z} = self.sample_with_reparam({m}, {m})",
        "{m} = torch.zeros(num_samples, self.latent_dim, <like>)\n"
        "{z} = self.sample_with_reparam(logsigma=torch.zeros_like({m}), mu={m})",
        "{m} = torch.rand(2, num_samples, self.latent_dim, <like>)\n"
        "{z} = (-2 * torch.log(1 - {m}[0])).sqrt() * torch.cos(2 * np.pi * {m}[1])",
    ),
    "theta": (
        "{t} = self.decoder({z})",
        "{t} = self.decoder(z={z})",
        "{t} = VAE.decoder(self, {z})",
        "{t} = self.decoder({z}).detach()",
        "<chatter>\n{t} = self.decoder({z})",
        "{t} = torch.sigmoid(self.linear4(F.relu(self.linear3({z}))))",
        "{t} = torch.cat([self.decoder(part) for part in {z}.split(100)])",
    ),
    "pixels": (
        "return torch.bernoulli({t})",
        "return {t}.bernoulli()",
        "return torch.bernoulli(input={t})",
        "{out} = torch.bernoulli({t})\nreturn {out}",
        "return torch.zeros_like({t}).bernoulli_({t})",
        "return (torch.rand_like({t}) < {t}).float()",
        "return ({t} > torch.rand({t}.shape)).to({t}.dtype)",
        "return (torch.rand({t}.size()) <= {t}) * 1.0",
        "return torch.where(torch.rand_like({t}) < {t}, 1.0, 0.0)",
        "return 1 - torch.bernoulli(1 - {t})",
        "return torch.ceil({t} - torch.rand_like({t})).clamp(0, 1)",
        "return torch.stack([torch.bernoulli(row) for row in {t}])",
        "{out} = torch.zeros_like({t})\nfor j in range({t}.shape[1]):\n"
        "    {out}[:, j] = torch.bernoulli({t}[:, j])\nreturn {out}",
        "{out} = torch.zeros_like({t})\n{out}[torch.rand_like({t}) < {t}] = 1\nreturn {out}",
        "return torch.from_numpy(np.random.binomial(1, {t}.detach().double().numpy())).float()",
        "return torch.tensor(np.random.rand(*{t}.shape) < {t}.detach().numpy()).float()",
        "return torch.sign(torch.relu({t} - torch.rand_like({t})))",
        "return torch.bernoulli({t}).long()",
    ),
}
