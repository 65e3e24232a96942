"""Sound files, mutated: every reader answers or raises an error of ours, soon, and without much memory.

The long form, guided by coverage, is `make fuzz`.
"""

import random
import resource
import time

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fuzz_targets import BOUND_BYTES, TARGETS, outcome

SECONDS = 5.0

Mutation = tuple[str, float, bytes]
TELLING = [
    b"\x00" * 8, b"\xff" * 8, b"\x7f\xff\xff\xff", b"nan", b"-1", b"1e999", b"[[[[", b"\x1b[31m", b"9" * 20, b"null",
    b"{}",
]  # fmt: skip
MUTATIONS = st.lists(
    st.tuples(
        st.sampled_from(["put", "insert", "cut", "repeat", "end"]),
        st.floats(0, 1, exclude_max=True),
        st.one_of(
            st.binary(min_size=1, max_size=8),
            st.sampled_from(TELLING),
        ),
    ),
    min_size=1,
    max_size=4,
)


def mutated(content: bytes, mutations: list[Mutation]) -> bytes:
    for kind, place, own in mutations:
        at = int(place * (len(content) + 1))
        if kind == "put":
            content = content[:at] + own + content[at + len(own) :]
        elif kind == "insert":
            content = content[:at] + own + content[at:]
        elif kind == "cut":
            content = content[:at] + content[at + 16 * len(own) :]
        elif kind == "repeat":
            content = content[:at] + content[at : at + 64] * 8 + content[at:]
        else:
            content = content[:at]
    return content


def test_the_seeds_are_sound() -> None:
    """Or mutations of them would test little."""
    for name, target in TARGETS.items():
        said = [outcome(target, seed) for seed in target.seeds()]
        assert "read" in said, (name, said)


@pytest.mark.parametrize("name", TARGETS)
def test_mutated_files_are_read_or_refused_in_our_own_words(name: str) -> None:
    target = TARGETS[name]
    seeds = list(target.seeds())

    @settings(max_examples=50, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
    @given(st.sampled_from(seeds), MUTATIONS)
    def check(seed: bytes, mutations: list[Mutation]) -> None:
        begun = time.perf_counter()
        outcome(target, mutated(seed, mutations))
        assert time.perf_counter() - begun < SECONDS

    outcome(target, seeds[0])  # what is imported and compiled once is not of one file
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    check()
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 2 * BOUND_BYTES // 1024


@pytest.mark.parametrize("name", TARGETS)
def test_noise_is_refused_in_our_own_words(name: str) -> None:
    chance = random.Random(name)
    for n_bytes in (0, 1, 7, 100, 3000):
        assert outcome(TARGETS[name], chance.randbytes(n_bytes))
