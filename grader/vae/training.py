"""Training sanity: what is trained for a few steps, and how the loss of a right solution falls."""

from __future__ import annotations

from grader.assignment import TrainingSanity, TrainingSetting
from grader.vae import spec

TRAINING = TrainingSanity(
    settings=(
        TrainingSetting((784, 16, 64), 5e-3),
        # For a class that knows no sizes but the notebook's.
        TrainingSetting(spec.FULL_SIZES, 1e-3),
    ),
    steps=50,
    batch_size=32,
    task="elbo",
    objective="the ELBO",
    # 784 ln 2 = 543.4 nats plus a small KL, with room for other initial weights.
    first_loss=(500.0, 650.0),
    # In nats, on the shipped data; right solutions are at 208 to 212.
    last_loss=(190.0, 230.0),
    averaged=10,
)
