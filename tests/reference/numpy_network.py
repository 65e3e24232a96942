"""A dense network in plain NumPy and float64: what the engine is compared with.

Written from the formulas, by hand, without looking at the engine: forward, backward, losses, optimizers.
"""

import numpy as np
from scipy.special import erf


def activate(name, x):  # noqa: PLR0911
    """Value and derivative."""
    s = 1 / (1 + np.exp(-x))
    match name:
        case "relu":
            return np.maximum(x, 0), (x > 0).astype(float)
        case "tanh":
            return np.tanh(x), 1 - np.tanh(x) ** 2
        case "sigmoid":
            return s, s * (1 - s)
        case "gelu":
            cdf = 0.5 * (1 + erf(x / np.sqrt(2)))
            return x * cdf, cdf + x * np.exp(-(x**2) / 2) / np.sqrt(2 * np.pi)
        case "elu":
            return np.where(x > 0, x, np.expm1(np.minimum(x, 0))), np.where(x > 0, 1, np.exp(np.minimum(x, 0)))
        case "silu":
            return x * s, s + x * s * (1 - s)
        case "leaky_relu":
            return np.where(x > 0, x, 0.2 * x), np.where(x > 0, 1, 0.2)
        case "linear":
            return x, np.ones_like(x)
    raise ValueError(name)


def softmax(x):
    e = np.exp(x - x.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def output_loss(logits, target, output, loss):
    """Loss of each row and its derivative by the logits."""
    n = logits.shape[1]
    if output == "softmax":
        p = softmax(logits)
        if loss == "categorical_crossentropy":
            return -(target * np.log(p)).sum(axis=1), p * target.sum(axis=1, keepdims=True) - target
        by_p = 2 * (p - target) / n
        return ((p - target) ** 2).mean(axis=1), p * (by_p - (by_p * p).sum(axis=1, keepdims=True))
    p, slope = activate(output, logits)
    if loss == "binary_crossentropy":
        return -(target * np.log(p) + (1 - target) * np.log(1 - p)).mean(axis=1), (p - target) / n
    return ((p - target) ** 2).mean(axis=1), 2 * (p - target) / n * slope


class NumpyNetwork:
    """Weights `[(w, b), ...]`, hidden activation, output, loss; batch normalisation with `[(scale, offset), ...]`."""

    def __init__(self, weights, activation, output, loss, normalisation=None):
        self.weights = [(w.astype(float), b.astype(float)) for w, b in weights]
        self.activation, self.output, self.loss = activation, output, loss
        self.normalisation = normalisation

    def forward(self, x):
        kept = []
        for number, (w, b) in enumerate(self.weights):
            z = x @ w + b
            moments = None
            if number < len(self.weights) - 1:
                if self.normalisation is not None:
                    scale, offset = self.normalisation[number]
                    mean, variance = z.mean(axis=0), z.var(axis=0)
                    unit = (z - mean) / np.sqrt(variance + 1e-3)
                    moments = (unit, variance, scale)
                    z = unit * scale + offset
                a, slope = activate(self.activation, z)
            else:
                a, slope = z, None
            kept.append((x, slope, moments))
            x = a
        return x, kept

    def loss_and_gradients(self, x, target, row_weights=None, l2=0.0):
        """Mean loss over the rows, and `[{w, b, (scale, offset)}, ...]`; `by_inputs` keeps the inputs' gradient."""
        rows = len(x)
        row_weights = np.ones(rows) if row_weights is None else row_weights
        logits, kept = self.forward(x)
        losses, delta = output_loss(logits, target, self.output, self.loss)
        delta = delta * row_weights[:, None] / rows
        loss = (losses * row_weights).sum() / rows + l2 * sum((w**2).sum() for w, _ in self.weights)
        gradients = []
        for number in reversed(range(len(self.weights))):
            w, _ = self.weights[number]
            inputs, slope, moments = kept[number]
            gradient = {}
            if slope is not None:
                delta = delta * slope
                if moments is not None:
                    unit, variance, scale = moments
                    gradient |= {"scale": (delta * unit).sum(axis=0), "offset": delta.sum(axis=0)}
                    d = delta * scale
                    delta = (d - d.mean(axis=0) - unit * (d * unit).mean(axis=0)) / np.sqrt(variance + 1e-3)
            gradient |= {"w": inputs.T @ delta + 2 * l2 * w, "b": delta.sum(axis=0)}
            gradients.insert(0, gradient)
            delta = delta @ w.T
        self.by_inputs = delta
        return loss, gradients
