"""The network: two towers, whose product with an item's own bias is the log-odds of a click."""

import tensorflow as tf

from ranking_serving.data import ITEM_FEATURES, USER_FEATURES

WIDTH = 8


class Ranker(tf.Module):
    """Scores items for users."""

    def __init__(self, seed: int) -> None:
        super().__init__(name="ranker")
        first, second, third = (tf.random.Generator.from_seed(seed + step) for step in range(3))
        self.user_tower = tf.Variable(first.normal([USER_FEATURES, WIDTH], stddev=0.3), name="user_tower")
        self.item_tower = tf.Variable(second.normal([ITEM_FEATURES, WIDTH], stddev=0.3), name="item_tower")
        self.item_bias = tf.Variable(third.normal([ITEM_FEATURES, 1], stddev=0.3), name="item_bias")
        self.bias = tf.Variable(tf.zeros([]), name="bias")

    def log_odds(self, users: tf.Tensor, items: tf.Tensor) -> tf.Tensor:
        """Return the log-odds of a click, one for each row."""
        towers = tf.matmul(users, self.user_tower) * tf.matmul(items, self.item_tower)
        return tf.reduce_sum(towers, axis=1) + tf.matmul(items, self.item_bias)[:, 0] + self.bias

    @tf.function(
        input_signature=[
            tf.TensorSpec([None, USER_FEATURES], tf.float32, name="user"),
            tf.TensorSpec([None, ITEM_FEATURES], tf.float32, name="item"),
        ]
    )
    def serve(self, user: tf.Tensor, item: tf.Tensor) -> dict[str, tf.Tensor]:
        """Return the probability of a click (the signature that is served)."""
        return {"score": tf.sigmoid(self.log_odds(user, item))}
