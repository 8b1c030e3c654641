"""Train and export: `python -m ranking_serving.train --base DIRECTORY --version N`."""

import argparse
import sys
from pathlib import Path

import numpy as np
import tensorflow as tf

from ranking_serving.data import impressions
from ranking_serving.digest import digest_of
from ranking_serving.network import Ranker


def train(rows: int = 4000, seed: int = 5, steps: int = 150) -> Ranker:
    """Fit the network to all impressions by Adam, written out: four lines need no framework around them.

    Args:
        rows: How many impressions to make.
        seed: Of the data and of the first weights.
        steps: How often to adjust the weights.
    """
    tf.config.experimental.enable_op_determinism()
    users, items, clicks = (tf.constant(part) for part in impressions(rows, seed))
    ranker = Ranker(seed)
    weights = ranker.trainable_variables
    means = [tf.Variable(tf.zeros_like(weight)) for weight in weights]
    squares = [tf.Variable(tf.zeros_like(weight)) for weight in weights]

    @tf.function
    def step(rate: tf.Tensor) -> None:
        with tf.GradientTape() as tape:
            losses = tf.nn.sigmoid_cross_entropy_with_logits(clicks, ranker.log_odds(users, items))
            loss = tf.reduce_mean(losses)
        gradients = [tf.convert_to_tensor(gradient) for gradient in tape.gradient(loss, weights)]
        for weight, gradient, mean, square in zip(weights, gradients, means, squares, strict=True):
            mean.assign(0.9 * mean + 0.1 * gradient)
            square.assign(0.999 * square + 0.001 * gradient**2)
            weight.assign_sub(rate * mean / (tf.sqrt(square) + 1e-7))

    for number in range(1, steps + 1):
        # Adam's correction of the first steps, whose averages still lean on their zeros
        step(tf.constant(0.05 * np.sqrt(1 - 0.999**number) / (1 - 0.9**number), tf.float32))
    return ranker


def export(ranker: Ranker, base: Path, name: str, version: int) -> Path:
    """Write a SavedModel to `base/name/version`, the layout that TensorFlow Serving reads.

    Returns:
        The version's folder.
    """
    folder = base / name / str(version)
    tf.saved_model.save(ranker, str(folder), signatures={"serving_default": ranker.serve})
    # it holds a random identifier, only for TensorFlow's own statistics; without it the same model has the same bytes
    (folder / "fingerprint.pb").unlink()
    return folder


def main(arguments: list[str] | None = None) -> int:
    """Train, export and print the folder and the accuracy on unseen impressions."""
    parser = argparse.ArgumentParser(prog="ranking_serving.train", description="Train the ranking model.")
    parser.add_argument("--base", type=Path, required=True, help="folder of models (MODEL_BASE)")
    parser.add_argument("--name", default="ranking", help="the model's name (MODEL_NAME)")
    parser.add_argument("--version", type=int, required=True, help="a whole number above 0 (MODEL_VERSION)")
    parser.add_argument("--rows", type=int, default=4000)
    parser.add_argument("--seed", type=int, default=5)
    options = parser.parse_args(arguments)
    if options.version < 1:
        parser.error("--version has to be above 0")
    ranker = train(options.rows, options.seed)
    folder = export(ranker, options.base, options.name, options.version)
    users, items, clicks = impressions(2000, options.seed + 1)
    scores = ranker.serve(user=tf.constant(users), item=tf.constant(items))["score"].numpy()
    sys.stdout.write(f"{folder} {digest_of(folder)} accuracy={((scores > 0.5) == clicks).mean():.3f}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
