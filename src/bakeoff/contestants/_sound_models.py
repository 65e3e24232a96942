"""Whether the numbers of a model that was read belong together.

Compiled code of scikit-learn trusts them: the child of a tree's node or the row of a neighbour is looked up without a
check, so a file whose positions lead outside would read memory that is not its own. What is checked follows the
layouts of `sklearn.tree._tree`, `sklearn.ensemble._hist_gradient_boosting.common`, `sklearn.neighbors._binary_tree`
and `sklearn.svm._libsvm`.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

__all__ = ["unsound_parts"]


def unsound_parts(model: Any) -> list[str]:
    """Names of the classes of those parts whose numbers do not belong together."""
    return sorted({type(part).__name__ for part in _parts(model) if not _is_sound(part)})


def _is_sound(part: Any) -> bool:
    check = _CHECKS.get(type(part).__name__)
    # An estimator that is not fitted refuses to predict; this is scikit-learn's own rule.
    is_unfitted = hasattr(part, "get_params") and not any(name.endswith("_") for name in vars(part))
    if check is None or is_unfitted:
        return True
    try:
        return bool(check(part))
    except Exception:  # what has not even the form cannot be sound
        return False


def _parts(model: Any) -> Iterator[Any]:
    """Every object of scikit-learn in a model."""
    seen: dict[int, Any] = {}
    left = [model]
    while left:
        value = left.pop()
        if id(value) in seen:
            continue
        seen[id(value)] = value
        if isinstance(value, Mapping):
            left += value.values()
        elif isinstance(value, list | tuple):
            left += value
        elif isinstance(value, np.ndarray) and value.dtype == object:
            left += value.ravel().tolist()
        elif type(value).__module__.startswith("sklearn."):
            yield value
            left += getattr(value, "__dict__", {}).values()


def _is_tree(tree: Any) -> bool:
    """Children come after their parents, so no path leads back or out."""
    node = np.arange(tree.node_count)
    is_inner = tree.children_left != -1
    children = np.stack([tree.children_left, tree.children_right])[:, is_inner]
    feature = tree.feature[is_inner]
    leads_on = (children > node[is_inner]).all() and (children < tree.node_count).all()
    return bool(leads_on and (feature >= 0).all() and (feature < tree.n_features).all() and tree.node_count > 0)


def _fits_classifier(tree: Any) -> bool:
    return bool(tree.tree_.n_features == tree.n_features_in_ and tree.tree_.n_outputs == 1)


def _is_boosted_tree(predictor: Any) -> bool:
    nodes = predictor.nodes
    inner = nodes[nodes["is_leaf"] == 0]
    node = np.flatnonzero(nodes["is_leaf"] == 0)
    children = np.stack([inner["left"], inner["right"]]).astype(np.int64)
    return bool(
        len(nodes)
        and (children > node).all()
        and (children < len(nodes)).all()
        and not inner["is_categorical"].any()
        and (inner["feature_idx"] >= 0).all()
    )


def _are_boosted_trees(model: Any) -> bool:
    trees = [tree for stage in model._predictors for tree in stage]
    highest = max((int(tree.nodes["feature_idx"].max()) for tree in trees), default=0)
    return bool(highest < model.n_features_in_)


def _is_neighbour_tree(tree: Any) -> bool:
    data, index, nodes, bounds, *_ = tree.get_arrays()
    inside = (nodes["idx_start"] >= 0) & (nodes["idx_start"] <= nodes["idx_end"]) & (nodes["idx_end"] <= len(data))
    is_inner = nodes["is_leaf"] == 0
    deepest = np.flatnonzero(is_inner).max(initial=-1)
    return bool(
        len(index) == len(data)
        and (index >= 0).all()
        and (index < len(data)).all()
        and inside.all()
        and 2 * deepest + 2 < len(nodes)
        and bounds.shape[1] == len(nodes)
        and bounds.shape[2] == data.shape[1]
    )


def _are_neighbours(model: Any) -> bool:
    n_rows = len(model._fit_X)
    labels = np.asarray(model._y)
    return bool(
        model._fit_X.shape[1] == model.n_features_in_
        and len(labels) == n_rows
        and (labels >= 0).all()
        and (labels < len(model.classes_)).all()
        and (model._tree is None or model._tree.get_arrays()[0].shape == model._fit_X.shape)
    )


def _is_support_vector_machine(model: Any) -> bool:
    n_classes, n_vectors = len(model.classes_), len(model.support_vectors_)
    n_pairs = n_classes * (n_classes - 1) // 2
    counts = np.asarray(model._n_support)
    return bool(
        model.support_vectors_.shape == (n_vectors, model.n_features_in_)
        and counts.shape == (n_classes,)
        and (counts >= 0).all()
        and counts.sum() == n_vectors
        and model._dual_coef_.shape == (n_classes - 1, n_vectors)
        and np.shape(model._intercept_) == (n_pairs,)
        and all(np.size(each) in (0, n_pairs) for each in (model._probA, model._probB))
    )


_CHECKS: Mapping[str, Callable[[Any], bool]] = MappingProxyType(
    {
        "BallTree": _is_neighbour_tree,
        "DecisionTreeClassifier": _fits_classifier,
        "ExtraTreeClassifier": _fits_classifier,
        "HistGradientBoostingClassifier": _are_boosted_trees,
        "KDTree": _is_neighbour_tree,
        "KNeighborsClassifier": _are_neighbours,
        "NuSVC": _is_support_vector_machine,
        "SVC": _is_support_vector_machine,
        "Tree": _is_tree,
        "TreePredictor": _is_boosted_tree,
    }
)
