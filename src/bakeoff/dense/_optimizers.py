"""Optimizers with Keras' formulas, in optax' form.

They take their rates as arguments, so that a traced number, different for each member, is as good as a constant.
Where optax' own formula is Keras' formula, it is optax that is used; these differ:

* momentum: Keras keeps the learning rate inside the velocity, which matters once the rate changes;
* Adam: Keras adds epsilon before the correction of the bias, optax after it;
* RMSprop: Keras starts from zero and adds epsilon inside the root.
"""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import optax

from bakeoff.dense._spec import Rates, TrainingSpec

__all__ = ["optimizer", "slots"]


def optimizer(spec: TrainingSpec, rates: Rates, learning_rate: Any) -> optax.GradientTransformation:
    """The transformation from gradients to updates of one member in one step.

    Parameters
    ----------
    spec : TrainingSpec
    rates : Rates
    learning_rate : scalar
        Of this step.

    Returns
    -------
    optax.GradientTransformation
        Its state has the same form in every step.
    """
    momentum = rates.momentum if spec.uses_momentum else None
    if spec.optimizer == "sgd":
        rule = optax.sgd(learning_rate) if momentum is None else _momentum(learning_rate, momentum, spec.nesterov)
    elif spec.optimizer == "rmsprop":
        rule = _rmsprop(learning_rate, rates, momentum)
    else:
        rule = _adam(learning_rate, rates)
    if not spec.uses_weight_decay:
        return rule
    return optax.chain(rule, _decay(learning_rate * rates.weight_decay))


def slots(state: Any) -> dict[str, Any]:
    """What an optimizer's state remembers, by name: ``"velocity"``, ``"mean"``, ``"square"``, each like the parameters.

    Of Adam also ``"steps"``. A rule without a memory has none of them.

    Examples
    --------
    >>> from bakeoff.dense import NetworkSpec, Rates, TrainingSpec
    >>> spec = TrainingSpec(NetworkSpec(2, (), 2), (0, 1), optimizer="adam")
    >>> list(slots(optimizer(spec, Rates(), 0.1).init([{"w": jnp.zeros((2, 2))}])))
    ['steps', 'mean', 'square']
    """
    if isinstance(state, _Slots):
        return {name: value for name, value in state._asdict().items() if value is not None}
    inner = [slots(each) for each in state] if isinstance(state, tuple) else []
    return {name: value for each in inner for name, value in each.items()}


def _zeros_like(tree: optax.Params) -> Any:
    return jax.tree.map(jnp.zeros_like, tree)


class _MomentumState(NamedTuple):
    velocity: Any


def _momentum(learning_rate: Any, momentum: Any, nesterov: bool) -> optax.GradientTransformation:
    """``v <- momentum v - learning_rate g``; the step is v, or with Nesterov ``momentum v - learning_rate g``."""

    def init(parameters: Any) -> _MomentumState:
        return _MomentumState(_zeros_like(parameters))

    def update(gradients: Any, state: _MomentumState, parameters: Any = None) -> tuple[Any, _MomentumState]:
        del parameters

        def move(v: jax.Array, g: jax.Array) -> jax.Array:
            return jnp.subtract(momentum * v, learning_rate * g)

        velocity = jax.tree.map(move, state.velocity, gradients)
        return (jax.tree.map(move, velocity, gradients) if nesterov else velocity), _MomentumState(velocity)

    return optax.GradientTransformation(init, update)


class _AdamState(NamedTuple):
    steps: jax.Array
    mean: Any
    square: Any


def _adam(learning_rate: Any, rates: Rates) -> optax.GradientTransformation:
    """Adam as in the paper's section 2, last paragraph: epsilon stands beside the uncorrected root.

    Kingma and Ba, "Adam: a method for stochastic optimization", 2015.
    """

    def init(parameters: Any) -> _AdamState:
        return _AdamState(jnp.zeros((), jnp.int32), _zeros_like(parameters), _zeros_like(parameters))

    def update(gradients: Any, state: _AdamState, parameters: Any = None) -> tuple[Any, _AdamState]:
        del parameters
        steps = state.steps + 1
        mean = jax.tree.map(lambda m, g: m + (g - m) * (1.0 - rates.beta_1), state.mean, gradients)
        square = jax.tree.map(lambda v, g: v + (jnp.square(g) - v) * (1.0 - rates.beta_2), state.square, gradients)
        power = steps.astype(jnp.result_type(rates.beta_1))
        size = learning_rate * jnp.sqrt(1.0 - rates.beta_2**power) / (1.0 - rates.beta_1**power)
        updates = jax.tree.map(lambda m, v: -size * m / (jnp.sqrt(v) + rates.epsilon), mean, square)
        return updates, _AdamState(steps, mean, square)

    return optax.GradientTransformation(init, update)


class _RMSpropState(NamedTuple):
    square: Any
    velocity: Any


def _rmsprop(learning_rate: Any, rates: Rates, momentum: Any) -> optax.GradientTransformation:
    def init(parameters: Any) -> _RMSpropState:
        return _RMSpropState(_zeros_like(parameters), None if momentum is None else _zeros_like(parameters))

    def update(gradients: Any, state: _RMSpropState, parameters: Any = None) -> tuple[Any, _RMSpropState]:
        del parameters
        square = jax.tree.map(lambda v, g: rates.rho * v + (1.0 - rates.rho) * jnp.square(g), state.square, gradients)
        steps = jax.tree.map(lambda g, v: learning_rate * g / jnp.sqrt(v + rates.epsilon), gradients, square)
        if momentum is not None:
            steps = jax.tree.map(lambda v, s: momentum * v + s, state.velocity, steps)
        velocity = None if momentum is None else steps
        return jax.tree.map(jnp.negative, steps), _RMSpropState(square, velocity)

    return optax.GradientTransformation(init, update)


_Slots = (_MomentumState, _AdamState, _RMSpropState)


def _decay(share: Any) -> optax.GradientTransformation:
    """Take this share of every parameter, biases too, as Keras does where nothing is excluded."""

    def update(updates: Any, state: optax.EmptyState, parameters: Any) -> tuple[Any, optax.EmptyState]:
        return jax.tree.map(lambda u, p: u - share * p, updates, parameters), state

    return optax.GradientTransformation(lambda _: optax.EmptyState(), update)
