"""Near-copy groups: time, memory, and how often the search is right, in one run on one machine.

Not asked for by default: small, parts of 30 to 1,000 rows; and large, 300,000 made rows, or as many as ROWS says.

Each part runs in a process of its own, so that peak memory is its own.

Usage: BAKEOFF_DATA=FOLDER python benchmarks/near_copies.py [time] [planted] [moved] [approximate] [small] [large]
"""

import io
import os
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing import get_context

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

from bakeoff.data import Dataset, NearCopies, card, find_near_copies, load
from bakeoff.data._approximate import neighbour_pairs
from bakeoff.data._similarity import Reach, image_features, similar_pairs

Picture = NDArray[np.uint8]
Random = np.random.Generator
N_PLANTED = 2_000
SHAPE = (28, 28, 1)


def clip(values: NDArray[np.floating]) -> Picture:
    return np.clip(np.rint(values), 0, 255).astype(np.uint8)


def brightness(picture: Picture, random: Random) -> Picture:
    return clip(picture + random.uniform(-40, 40))


def contrast(picture: Picture, random: Random) -> Picture:
    return clip((picture - picture.mean()) * random.uniform(0.6, 1.4) + picture.mean())


def noise(picture: Picture, random: Random) -> Picture:
    return clip(picture + random.normal(0, random.uniform(2, 8), picture.shape))


def strong_noise(picture: Picture, random: Random) -> Picture:
    return clip(picture + random.normal(0, 15, picture.shape))


def compressed(picture: Picture, quality: int) -> Picture:
    written = io.BytesIO()
    Image.fromarray(picture).save(written, "JPEG", quality=quality)
    return np.asarray(Image.open(written))


def jpeg(picture: Picture, random: Random) -> Picture:
    return compressed(picture, int(random.integers(50, 96)))


def strong_jpeg(picture: Picture, _random: Random) -> Picture:
    return compressed(picture, 30)


def sized(picture: Picture, share: float, random: Random) -> Picture:
    how = (Image.Resampling.BILINEAR, Image.Resampling.BICUBIC)[random.integers(2)]
    side = round(picture.shape[0] * share)
    return np.asarray(Image.fromarray(picture).resize((side, side), how).resize(picture.shape[::-1], how))


def resampling(picture: Picture, random: Random) -> Picture:
    return sized(picture, random.uniform(0.75, 0.95), random)


def half_size(picture: Picture, random: Random) -> Picture:
    return sized(picture, 0.5, random)


def shift(picture: Picture, random: Random) -> Picture:
    return clip(ndimage.shift(picture.astype(float), random.uniform(-2, 2, 2), order=1, mode="nearest"))


def turn(picture: Picture, random: Random) -> Picture:
    degrees = random.uniform(-10, 10)
    return clip(ndimage.rotate(picture.astype(float), degrees, reshape=False, order=1, mode="nearest"))


KINDS: dict[str, tuple[Callable[[Picture, Random], Picture], str]] = {
    "brightness": (brightness, "-40 to 40 of 255, clipped"),
    "contrast": (contrast, "times 0.6 to 1.4, clipped"),
    "noise": (noise, "standard deviation 2 to 8"),
    "JPEG": (jpeg, "quality 50 to 95"),
    "resampling": (resampling, "to 75-95 % and back"),
    "strong noise": (strong_noise, "standard deviation 15"),
    "strong JPEG": (strong_jpeg, "quality 30"),
    "half size": (half_size, "to 50 % and back"),
}
MOVED = {"shift": (shift, "up to 2 pixels each way"), "turn": (turn, "up to 10 degrees")}


def search(dataset: Dataset, **options: bool) -> NearCopies:
    """Search with an empty cache."""
    with tempfile.TemporaryDirectory() as folder:
        os.environ["BAKEOFF_CACHE"] = folder
        copies = find_near_copies(dataset, **options).near_copies
    assert copies is not None
    return copies


def peak_mebibytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def plain_baseline(X: Picture) -> int:
    """What one would write by hand: every pair of raw images, in blocks."""
    Z = X.astype(np.float32)
    Z -= Z.mean(axis=1, keepdims=True)
    Z /= np.maximum(np.linalg.norm(Z, axis=1, keepdims=True), 1e-6)
    return sum(int(np.triu(Z[s : s + 2048] @ Z[s:].T >= 0.98, 1).sum()) for s in range(0, len(Z), 2048))


def time_of(name: str, how: str) -> None:
    dataset = load(name)
    before, seconds, cpu = peak_mebibytes(), [], []
    for _ in range(3 if how == "bakeoff" else 1):
        start, start_cpu = time.perf_counter(), time.process_time()
        found = search(dataset) if how == "bakeoff" else plain_baseline(dataset.X_train)
        seconds.append(time.perf_counter() - start)
        cpu.append(time.process_time() - start_cpu)
    print(
        f"{name:11} {how:8} {statistics.median(seconds):6.1f} s ({statistics.median(cpu):.1f} s of processor time), "
        f"peak {peak_mebibytes():.0f} MiB, of them {before:.0f} before",
        flush=True,
    )
    if isinstance(found, NearCopies):
        groups = card(replace(dataset, near_copies=found, groups_train=found.train, groups_from="found"))["groups"]
        print("  ", groups, f"n_resembling={found.n_resembling} closeness={found.closeness}", flush=True)


def clean_base(name: str) -> Picture:
    """Images without copies: MNIST's; of Sign Language MNIST one row of each group, joined widely (0.95)."""
    X = load(name).X_train
    if name == "mnist":
        return X
    features = image_features(X, SHAPE)
    pairs = similar_pairs(features, Reach(0.95, len(X)))
    first = np.arange(len(X))
    for _ in range(100):  # every row takes the lowest number it hangs together with
        lowest = first.copy()
        np.minimum.at(lowest, pairs.second, first[pairs.first])
        np.minimum.at(lowest, pairs.first, first[pairs.second])
        if (lowest == first).all():
            break
        first = lowest
    return X[np.unique(first)]


def with_planted(base: Picture, kinds: list[str], n: int) -> tuple[Dataset, NDArray[np.int64], list[NDArray[np.int64]]]:
    """The base and altered copies of its rows; the source of every row; the rows of each kind."""
    random, rows, parts, sources = np.random.default_rng(0), [], [base], [np.arange(len(base))]
    for kind in kinds:
        alter = (KINDS | MOVED)[kind][0]
        source = random.permutation(len(base))[:n]
        rows.append(sum(map(len, parts)) + np.arange(n))
        parts.append(np.stack([alter(base[i].reshape(28, 28), random).ravel() for i in source]))
        sources.append(source)
    X = np.concatenate(parts)
    y = (np.arange(len(X)) % 2).astype(np.int32)
    dataset = Dataset("planted", "images", X, y, ["a", "b"], image_shape=SHAPE, pixel_max=255)
    return dataset, np.concatenate(sources), rows


def count_pairs(groups: NDArray[np.int64], source: NDArray[np.int64]) -> tuple[int, int]:
    """Pairs of rows that share a group, and those of them that do not share a source."""

    def pairs(numbers: NDArray[np.int64]) -> int:
        sizes = np.unique(numbers, return_counts=True)[1]
        return int((sizes * (sizes - 1) // 2).sum())

    return pairs(groups), pairs(groups) - pairs(groups * (source.max() + 1) + source)


def planted(name: str, kinds: list[str], n: int, registered: bool) -> None:
    base = clean_base(name)
    n = min(n, len(base) // 4)
    dataset, source, rows = with_planted(base, kinds, n)
    start = time.perf_counter()
    found = search(dataset, registered=registered)
    total, false = count_pairs(found.train, source)
    print(f"{name}: {len(base)} clean rows, {n} planted of each kind, {time.perf_counter() - start:.0f} s", flush=True)
    for kind, planted_rows in zip(kinds, rows, strict=True):
        share = np.mean(found.train[planted_rows] == found.train[source[planted_rows]])
        print(f"   {kind:12} {(KINDS | MOVED)[kind][1]:28} found {100 * share:6.2f} in 100")
    print(f"   pairs in groups {total}, of different images {false}; closeness {found.closeness}", flush=True)


def approximate(name: str) -> None:
    X = load(name).X_train
    if name == "mnist":
        X = with_planted(X, list(KINDS)[:5], 1_000)[0].X_train
    features = image_features(X, SHAPE)
    start = time.perf_counter()
    exact = similar_pairs(features, Reach(0.98, len(X)))
    between = time.perf_counter()
    near = neighbour_pairs(features)
    end = time.perf_counter()
    n = len(X)
    found = np.isin(exact.first * n + exact.second, near.first * n + near.second)
    print(f"{name}: exact {between - start:.1f} s, approximate {end - between:.1f} s; recall of the {len(found)} pairs")
    nearest = np.lexsort((-exact.similarity, exact.first))
    _, first = np.unique(exact.first[nearest], return_index=True)
    print(f"   at 0.98: {found.mean():.4f}; of each row's nearest: {found[nearest[first]].mean():.4f}", flush=True)


def large(n: int) -> None:
    """Made rows without copies, each of two pictures of MNIST and Sign Language MNIST, and altered copies of some."""
    random = np.random.default_rng(0)
    base = np.concatenate([load("mnist").X_train, clean_base("sign-mnist")])
    X = np.empty((n, base.shape[1]), dtype=np.uint8)
    for start in range(0, n, 10_000):
        size = min(10_000, n - start)
        X[start : start + size] = (moved_about(base, size, random) + moved_about(base, size, random)) / 2
    copied = random.permutation(n)[: n // 20]
    X[copied[: n // 40]] = clip(X[copied[n // 40 :]] + random.normal(0, 4, (n // 40, 784)))
    y = (np.arange(n) % 2).astype(np.int32)
    dataset = Dataset("made", "images", X, y, ["a", "b"], image_shape=SHAPE, pixel_max=255)
    before, start_time = peak_mebibytes(), time.perf_counter()
    found = search(dataset)
    share = np.mean(found.train[copied[: n // 40]] == found.train[copied[n // 40 :]])
    source = np.arange(n)
    source[copied[: n // 40]] = copied[n // 40 :]
    total, false = count_pairs(found.train, source)
    print(
        f"{n} made rows: {time.perf_counter() - start_time:.0f} s, peak {peak_mebibytes():.0f} MiB, of them "
        f"{before:.0f} before; exact: {found.exact_search}; planted copies found {100 * share:.2f} in 100; "
        f"pairs in groups {total}, of different images {false}; resembling {found.n_resembling}",
        flush=True,
    )


def moved_about(base: Picture, n: int, random: Random) -> NDArray[np.float32]:
    """(n, 784) pictures drawn with replacement, each rolled and mirrored in its own way."""
    rows, columns = (random.integers(0, 28, (n, 1)) + np.arange(28) for _ in range(2))
    columns = np.where(random.random((n, 1)) < 0.5, columns, columns[:, ::-1])
    places = (rows % 28)[:, :, None] * 28 + (columns % 28)[:, None, :]
    drawn = base[random.integers(0, len(base), n)]
    return np.take_along_axis(drawn, places.reshape(n, -1), axis=1).astype(np.float32)


def blobs(n: int, n_numbers: int, random: Random) -> Picture:
    """Pictures that two or three numbers make."""
    y, x = np.mgrid[-1:1:16j, -1:1:16j]
    places = random.uniform(-0.5, 0.5, (n, 3)) * (np.arange(3) < n_numbers)
    drawn = [np.exp(-((x - a) ** 2 + (y - b) ** 2) / (0.2 + 0.1 * c)) for a, b, c in places]
    return clip(np.stack(drawn) * 200).reshape(n, -1)


def small(name: str, n: int) -> None:
    """Parts of a set, clean and with a copy of every twentieth row: false alarms, and copies found."""
    whole = None if name.startswith("blobs") else load(name).X_train * np.uint8(15 if name == "digits" else 1)
    n_parts, n_false, n_copies = 20 if n < 1_000 else 10, 0, max(1, n // 20)
    found = {"equal": 0, "brightness and contrast": 0, "noise of 5": 0}
    for part in range(n_parts):
        random = np.random.default_rng(1_000 * n + part)
        X = blobs(n, int(name[-1]), random) if whole is None else whole[random.permutation(len(whole))[:n]]
        X = random.permutation(np.unique(X, axis=0))
        n_false += search(images_of(X)).has_groups
        source = X[:n_copies].astype(float)
        altered = (source, source * 0.7 + 20, source + random.normal(0, 5, source.shape))
        for kind, copies in zip(found, altered if part < 10 else (), strict=False):
            groups = search(images_of(np.concatenate([X, clip(copies)]))).train
            found[kind] += int((groups[len(X) :] == groups[:n_copies]).sum())
    shares = ", ".join(f"{kind} {10 * count / n_copies:.0f}" for kind, count in found.items())
    print(f"{name} {n}: false alarms in {n_false} of {n_parts} parts; found in 100: {shares}", flush=True)


def images_of(X: Picture) -> Dataset:
    side = round(X.shape[1] ** 0.5)
    y = (np.arange(len(X)) % 2).astype(np.int32)
    return Dataset("part", "images", X, y, ["a", "b"], image_shape=(side, side, 1), pixel_max=255)


def apart(work: Callable[..., None], *arguments: object) -> None:
    process = get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()


def main() -> None:
    asked = sys.argv[1:] or ["time", "planted", "moved", "approximate"]
    names = ("digits", "sign-mnist", "mnist")
    if "time" in asked:
        for name in names:
            apart(time_of, name, "bakeoff")
            apart(time_of, name, "plain")
    for name in names[1:]:
        if "planted" in asked:
            apart(planted, name, list(KINDS)[:5], N_PLANTED, False)
            apart(planted, name, list(KINDS)[5:], N_PLANTED, False)
        if "moved" in asked:
            apart(planted, name, list(MOVED), N_PLANTED, True)
        if "approximate" in asked:
            apart(approximate, name)
    for name in ("digits", "mnist", "blobs-3", "blobs-2") if "small" in asked else ():
        for n in (30, 100, 200, 400, 800, 1_000):
            apart(small, name, n)
    if "large" in asked:
        apart(large, int(os.environ.get("ROWS", "300000")))


if __name__ == "__main__":
    main()
