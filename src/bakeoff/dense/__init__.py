"""The engine: dense networks in pure JAX, a whole population in one compiled program.

>>> from bakeoff.dense import NetworkSpec, n_parameters
>>> n_parameters(NetworkSpec(n_features=784, hidden_layer_sizes=(32, 16), n_outputs=10))
25818
"""

from bakeoff.dense._activations import Activation, OutputActivation
from bakeoff.dense._augment import Image, distort, distorted_copies
from bakeoff.dense._compile import compilations
from bakeoff.dense._constraints import Strengths
from bakeoff.dense._distortion import DISTORTION_LIMITS, PRESETS, Distortion, distortion_of
from bakeoff.dense._groups import fit_groups
from bakeoff.dense._memory import largest_population, member_bytes
from bakeoff.dense._network import Layers, Noise, apply, init, turned
from bakeoff.dense._plan import Member, Start
from bakeoff.dense._population import FittedMember, FittedPopulation, fit_population
from bakeoff.dense._predict import Network, Predictor
from bakeoff.dense._scaling import Scaling
from bakeoff.dense._settings import RATE_SETTINGS, DataShape, DenseSettings
from bakeoff.dense._spec import Loss, NetworkSpec, OptimizerName, Rates, TrainingSpec
from bakeoff.dense._stopping import EarlyStopping, Plateau
from bakeoff.dense._summary import LayerSummary, n_parameters, summary
from bakeoff.dense._trainer import Task, Trainer

__all__ = [
    "DISTORTION_LIMITS",
    "PRESETS",
    "RATE_SETTINGS",
    "Activation",
    "DataShape",
    "DenseSettings",
    "Distortion",
    "EarlyStopping",
    "FittedMember",
    "FittedPopulation",
    "Image",
    "LayerSummary",
    "Layers",
    "Loss",
    "Member",
    "Network",
    "NetworkSpec",
    "Noise",
    "OptimizerName",
    "OutputActivation",
    "Plateau",
    "Predictor",
    "Rates",
    "Scaling",
    "Start",
    "Strengths",
    "Task",
    "Trainer",
    "TrainingSpec",
    "apply",
    "compilations",
    "distort",
    "distorted_copies",
    "distortion_of",
    "fit_groups",
    "fit_population",
    "init",
    "largest_population",
    "member_bytes",
    "n_parameters",
    "summary",
    "turned",
]
